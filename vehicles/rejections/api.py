"""What was refused, by REST; what belongs to somebody else is not there."""

from typing import cast

from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView

from dimo.api.pagination import CursorPage
from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles.api import own_vehicle
from vehicles.models import KeptRejection
from vehicles.rejections import reading
from vehicles.rejections.serializers import RejectionSerializer


class NewestRejections(CursorPage):
    ordering = ("-received_at", "-id")


@extend_schema(
    summary="Events of the last 7 days that were refused, whole or in parts, newest first", tags=["vehicles"]
)
class RejectionList(ListAPIView[KeptRejection]):
    serializer_class = RejectionSerializer
    pagination_class = NewestRejections
    permission_classes = (HasScope("driver"),)
    queryset = KeptRejection.objects.none()

    def get_queryset(self) -> QuerySet[KeptRejection]:
        vehicle = own_vehicle(self.request, self.kwargs["public_id"])
        return reading.kept_of(vehicle=vehicle, owner=cast(User, self.request.user), now=now())
