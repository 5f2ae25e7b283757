"""The buyer API: offers, quotes, licenses, files, balance."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.idempotency import idempotent
from dimo.api.pagination import CursorPage
from dimo.api.permissions import HasScope
from dimo.users.models import User
from licensing import callers, downloads, licenses, quotes, selectors, tasks
from licensing.models import License, Offer
from licensing.offers import OfferNotFound
from licensing.serializers import (
    BalanceSerializer,
    BoughtSerializer,
    LicenseSerializer,
    OfferSerializer,
    PurchaseSerializer,
    QuoteRequestSerializer,
    QuoteSerializer,
)

BUYER = HasScope("buyer")
ORGANIZATION = OpenApiParameter(
    callers.HEADER, OpenApiTypes.UUID, OpenApiParameter.HEADER, description="Needed by whoever acts for several."
)


class NewestOfferFirst(CursorPage):
    ordering = "-opened_at"


class NewestLicenseFirst(CursorPage):
    ordering = "-number"


class Offers(generics.ListAPIView[Offer]):
    """Open offers of all unions."""

    permission_classes = [BUYER]  # noqa: RUF012
    serializer_class = OfferSerializer
    pagination_class = NewestOfferFirst

    @extend_schema(parameters=[OpenApiParameter(name, str) for name in ("union", "signal", "tier", "purpose")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Offer]:
        asked = self.request.query_params
        found = selectors.open_offers()
        for name, lookup in (("signal", "signals"), ("tier", "tiers"), ("purpose", "purposes")):
            if value := asked.get(name):
                found = found.filter(**{f"{lookup}__contains": [value]})
        return found.filter(union__slug=asked["union"]) if asked.get("union") else found


class OneOffer(APIView):
    permission_classes = [BUYER]  # noqa: RUF012

    @extend_schema(responses=OfferSerializer)
    def get(self, request: Request, offer_id: UUID) -> Response:
        """What an offer holds, at which tiers, for which purposes and at what price."""
        offer = selectors.open_offers().filter(pk=offer_id).first()
        if offer is None:
            raise OfferNotFound
        return Response(OfferSerializer(offer).data)


class Quotes(APIView):
    permission_classes = [BUYER]  # noqa: RUF012

    @extend_schema(request=QuoteRequestSerializer, responses={201: QuoteSerializer}, parameters=[ORGANIZATION])
    def post(self, request: Request) -> Response:
        """A price that binds the union for fifteen minutes."""
        asked = QuoteRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        want = asked.validated_data
        quote = quotes.make_quote(
            offer_id=want["offer"],
            organization=callers.acting(request),
            user=cast(User, request.user),
            period=(want["from"], want["to"]),
            signals=want["signals"],
            tier=want["tier"],
            purpose=want["purpose"],
            now=timezone.now(),
        )
        return Response(QuoteSerializer(quote).data, status=201)


class Licenses(generics.ListAPIView[License]):
    permission_classes = [BUYER]  # noqa: RUF012
    serializer_class = LicenseSerializer
    pagination_class: type[CursorPagination] = NewestLicenseFirst

    def get_queryset(self) -> QuerySet[License]:
        if getattr(self, "swagger_fake_view", False):
            return License.objects.none()
        return selectors.licenses_of(organizations=callers.organizations(self.request))

    @extend_schema(request=PurchaseSerializer, responses={201: BoughtSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Buy at a quoted price: the amount is held until the data is delivered, and comes back whole if it is not."""
        asked = PurchaseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        quote = callers.quote_of(request, asked.validated_data["quote"])
        license = licenses.buy_license(
            quote_id=quote.pk, organization=quote.organization, user=cast(User, request.user), now=timezone.now()
        )
        tasks.hint_build(license_id=license.pk)
        return Response(
            BoughtSerializer(license).data, status=201, headers={"Location": f"/api/v1/licenses/{license.pk}/"}
        )


class OneLicense(APIView):
    permission_classes = [BUYER]  # noqa: RUF012

    @extend_schema(responses=LicenseSerializer)
    def get(self, request: Request, license_id: UUID) -> Response:
        """State, progress and files of a license."""
        return Response(LicenseSerializer(callers.license_of(request, license_id)).data)


class Manifest(APIView):
    permission_classes = [BUYER]  # noqa: RUF012

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, license_id: UUID) -> Response:
        """Files with their hashes, columns with units, policy, consent and code version."""
        return Response(licenses.delivered(license=callers.license_of(request, license_id)).manifest)


class File(APIView):
    permission_classes = [BUYER]  # noqa: RUF012

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 206: OpenApiResponse(description="A part")},
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER)],
    )
    def get(self, request: Request, license_id: UUID, name: str) -> HttpResponseBase:
        """A delivered file, whole or from a byte on. Every download is written into the drivers' log."""
        plain = getattr(request, "_request", request)
        return downloads.serve(
            plain, license=callers.license_of(request, license_id), user=cast(User, request.user), name=name
        )


class Balance(APIView):
    permission_classes = [BUYER]  # noqa: RUF012

    @extend_schema(responses=BalanceSerializer(many=True), parameters=[ORGANIZATION])
    def get(self, request: Request) -> Response:
        """What the organization can spend, and what is held for builds."""
        organization = callers.acting(request)
        rows = [
            {
                "asset": asset,
                "available": str(amount),
                "held": str(selectors.held_for_builds(organization=organization, asset=asset)),
            }
            for asset, amount in selectors.balances(organization=organization).items()
        ]
        return Response(BalanceSerializer(rows, many=True).data)
