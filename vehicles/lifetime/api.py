"""Statistics by REST, and the areas that a vehicle passed; of a person's own time alone."""

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import trip_costs
from vehicles.api import own_vehicle
from vehicles.charging import costs
from vehicles.diary import listing
from vehicles.lifetime import counting, figures
from vehicles.lifetime.figures import MOST_AREAS
from vehicles.signals import cell_of


class TimeSerializer(serializers.Serializer[object]):
    year = serializers.IntegerField(min_value=1970, max_value=8999, required=False, help_text="all time without it")


class AskedSerializer(TimeSerializer):
    vehicle = serializers.UUIDField(required=False, help_text="all of yours without it")


class PartSerializer(serializers.Serializer[object]):
    key = serializers.IntegerField(help_text="year, month 1 to 12, ISO weekday, or hour 0 to 23")
    trips = serializers.IntegerField()
    km = serializers.FloatField()


class BinSerializer(serializers.Serializer[object]):
    """Drives that the air outside was `[low, high)` °C warm on, and whose consumption is known."""

    low = serializers.IntegerField()
    high = serializers.IntegerField()
    trips = serializers.IntegerField(source="sums.trips")
    km = serializers.FloatField(source="sums.km")
    kwh_per_100 = serializers.FloatField(source="sums.kwh_per_100", allow_null=True)
    liters_per_100 = serializers.FloatField(source="sums.liters_per_100", allow_null=True)


class ChargingSumsSerializer(serializers.Serializer[costs.Sums]):
    """kWh of charges that count, in all, by current and by place; `unknown`: the charge does not tell."""

    charges = serializers.IntegerField()
    kwh = serializers.FloatField()
    energy_unknown = serializers.IntegerField(help_text="charges whose energy is not known")
    by_current = serializers.SerializerMethodField()
    by_place = serializers.SerializerMethodField()
    cost = serializers.SerializerMethodField(help_text="money by currency, as decimal strings")
    cost_unknown = serializers.IntegerField(help_text="charges whose cost is not known")

    def get_by_current(self, sums: costs.Sums) -> dict[str, float]:
        return {name or "unknown": kwh for name, kwh in sums.by_current.items()}

    def get_by_place(self, sums: costs.Sums) -> dict[str, float]:
        return {name or "unknown": kwh for name, kwh in sums.by_place.items()}

    def get_cost(self, sums: costs.Sums) -> dict[str, str]:
        return {currency: str(amount) for currency, amount in sums.costs.items()}


class StatisticsSerializer(serializers.Serializer[object]):
    trips = serializers.IntegerField(source="sums.trips")
    km = serializers.FloatField(source="sums.km")
    seconds = serializers.FloatField(source="sums.seconds")
    kmh = serializers.FloatField(allow_null=True, help_text="average, stands included")
    energy_kwh = serializers.FloatField(source="sums.kwh", help_text="of drives that told it")
    energy_km = serializers.FloatField(source="sums.kwh_km", help_text="how far these went")
    kwh_per_100 = serializers.FloatField(source="sums.kwh_per_100", allow_null=True)
    fuel_l = serializers.FloatField(source="sums.liters", help_text="of drives that told it")
    fuel_km = serializers.FloatField(source="sums.liters_km", help_text="how far these went")
    liters_per_100 = serializers.FloatField(source="sums.liters_per_100", allow_null=True)
    cost = serializers.SerializerMethodField(help_text="money by currency, as decimal strings")
    trips_without_cost = serializers.IntegerField(source="sums.uncosted")
    by_temperature = BinSerializer(many=True)
    by_time = PartSerializer(many=True, help_text="months of the year, else years")
    weekdays = PartSerializer(many=True)
    hours = PartSerializer(many=True)
    charging = serializers.SerializerMethodField()

    def get_cost(self, told: figures.Figures) -> dict[str, str]:
        return {currency: str(amount) for currency, amount in told.sums.cost.items()}

    @extend_schema_field(ChargingSumsSerializer)
    def get_charging(self, told: figures.Figures) -> object:
        return ChargingSumsSerializer(self.context["charging"]).data


class PassedAreaSerializer(serializers.Serializer[object]):
    cell = serializers.CharField(help_text="H3 of resolution 7")
    trips = serializers.IntegerField()
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()


class PassedAreasSerializer(serializers.Serializer[object]):
    total = serializers.IntegerField()
    cut = serializers.BooleanField(help_text="whether there are more than the 5,000 most driven that are told")
    areas = PassedAreaSerializer(many=True)


def asked_in(request: Request, form: type[TimeSerializer]) -> dict[str, Any]:
    """Raises: ValidationError"""
    asked = form(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return cast("dict[str, Any]", asked.validated_data)


class Statistics(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="What all own drives come to",
        tags=["trips"],
        parameters=[AskedSerializer],
        responses=StatisticsSerializer,
    )
    def get(self, request: Request) -> Response:
        owner, asked = cast(User, request.user), asked_in(request, AskedSerializer)
        year, one = asked.get("year"), asked.get("vehicle")
        vehicles = [own_vehicle(request, one)] if one else listing.vehicles_known_to(owner=owner)
        trips = counting.trips_of(owner=owner, vehicles=vehicles, year=year)
        told = figures.figures(trips=trips, book=trip_costs.prices_for(trips=trips), year=year)
        charging = costs.sum_up(counting.charges_of(owner=owner, vehicles=vehicles, year=year))
        return Response(StatisticsSerializer(told, context={"charging": charging}).data)


class PassedAreas(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="Areas that own drives of a vehicle passed, the most driven first",
        tags=["trips"],
        parameters=[TimeSerializer],
        responses=PassedAreasSerializer,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        vehicle = own_vehicle(request, public_id)
        year = asked_in(request, TimeSerializer).get("year")
        trips = counting.trips_of(owner=cast(User, request.user), vehicles=[vehicle], year=year)
        passed = figures.areas(trips=trips)
        areas = [{**area._asdict(), "cell": cell_of(area.cell)} for area in passed[:MOST_AREAS]]
        answer = {"total": len(passed), "cut": len(passed) > len(areas), "areas": areas}
        return Response(PassedAreasSerializer(answer).data)
