"""Energy prices by REST; what belongs to somebody else is not there."""

from datetime import date
from typing import cast
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import energy_prices, ownership_selectors, selectors
from vehicles.energy_prices import Prices
from vehicles.energy_prices_serializers import NewPricesSerializer, PriceSerializer
from vehicles.models import Vehicle


def theirs(request: Request, public_id: UUID) -> Vehicle:
    """A vehicle that is the caller's now: only its owner writes."""
    return get_object_or_404(selectors.vehicles_of(owner=cast(User, request.user)), public_id=public_id)


def listed(request: Request, vehicle: Vehicle) -> list[dict[str, object]]:
    told = energy_prices.prices_of(owner=cast(User, request.user), vehicle=vehicle)
    return PriceSerializer(told, many=True).data  # type: ignore[return-value]


class PriceList(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(summary="What energy costs, latest first", tags=["vehicles"], responses=PriceSerializer(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        known = ownership_selectors.known_to(owner=cast(User, request.user))
        return Response(listed(request, get_object_or_404(known, public_id=public_id)))

    @extend_schema(
        summary="Set prices from a day on",
        description="They hold up to where the price of that day ended. Answers all prices; setting again is safe.",
        tags=["vehicles"],
        request=NewPricesSerializer,
        responses=PriceSerializer(many=True),
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        vehicle = theirs(request, public_id)
        asked = NewPricesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        facts = dict(asked.validated_data)
        since = facts.pop("since")
        energy_prices.set_prices(vehicle=vehicle, since=since, prices=Prices(**facts), now=now())
        return Response(listed(request, vehicle))


class PricePeriod(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="Take back the prices that begin on a day",
        description="Those that ended there go on in their place. Answers all prices.",
        tags=["vehicles"],
        responses={200: PriceSerializer(many=True)},
    )
    def delete(self, request: Request, public_id: UUID, since: str) -> Response:
        vehicle = theirs(request, public_id)
        try:
            day = date.fromisoformat(since)
        except ValueError:
            raise Http404 from None
        energy_prices.remove_prices(vehicle=vehicle, since=day)
        return Response(listed(request, vehicle))
