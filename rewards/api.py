"""The buyer API's view of a settlement."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.permissions import HasScope
from dimo.errors import DomainError
from licensing import callers
from rewards import selectors
from rewards.serializers import SettlementSerializer


class NotSettled(DomainError):
    """The price is not shared out yet; it is within seconds of the delivery."""

    status = 404


class LicenseSettlement(APIView):
    permission_classes = [HasScope("buyer")]  # noqa: RUF012

    @extend_schema(responses=SettlementSerializer)
    def get(self, request: Request, license_id: UUID) -> Response:
        """Where the price of a license went: totals per kind of party, never identities."""
        license = callers.license_of(request, license_id)
        settlement = selectors.settlement_of(license_id=license.pk)
        if settlement is None:
            raise NotSettled
        return Response(SettlementSerializer(settlement).data)
