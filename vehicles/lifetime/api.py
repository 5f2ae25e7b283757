"""Statistics by REST, and the areas that a vehicle passed; of a person's own time alone."""

from typing import cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import trip_costs
from vehicles.api import own_vehicle
from vehicles.diary import listing
from vehicles.lifetime import counting, figures
from vehicles.lifetime.figures import MOST_AREAS
from vehicles.signals import cell_of


class TimeSerializer(serializers.Serializer[object]):
    year = serializers.IntegerField(min_value=1970, max_value=8999, required=False, help_text="all time without it")


class PartSerializer(serializers.Serializer[object]):
    key = serializers.IntegerField(help_text="year, month 1 to 12, ISO weekday, or hour 0 to 23")
    trips = serializers.IntegerField()
    km = serializers.FloatField()


class StatisticsSerializer(serializers.Serializer[object]):
    trips = serializers.IntegerField(source="sums.trips")
    km = serializers.FloatField(source="sums.km")
    seconds = serializers.FloatField(source="sums.seconds")
    kmh = serializers.FloatField(allow_null=True, help_text="average, stands included")
    kwh_per_100 = serializers.FloatField(source="sums.kwh_per_100", allow_null=True)
    liters_per_100 = serializers.FloatField(source="sums.liters_per_100", allow_null=True)
    by_time = PartSerializer(many=True, help_text="months of the year, else years")
    weekdays = PartSerializer(many=True)
    hours = PartSerializer(many=True)


class PassedAreaSerializer(serializers.Serializer[object]):
    cell = serializers.CharField(help_text="H3 of resolution 7")
    trips = serializers.IntegerField()
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()


class PassedAreasSerializer(serializers.Serializer[object]):
    total = serializers.IntegerField()
    cut = serializers.BooleanField(help_text="whether there are more than the 5,000 most driven that are told")
    areas = PassedAreaSerializer(many=True)


def year_of(request: Request) -> int | None:
    """Raises: ValidationError"""
    asked = TimeSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return cast("int | None", asked.validated_data.get("year"))


class Statistics(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="What all own drives come to",
        tags=["trips"],
        parameters=[TimeSerializer],
        responses=StatisticsSerializer,
    )
    def get(self, request: Request) -> Response:
        owner, year = cast(User, request.user), year_of(request)
        trips = counting.trips_of(owner=owner, vehicles=listing.vehicles_known_to(owner=owner), year=year)
        told = figures.figures(trips=trips, book=trip_costs.prices_for(trips=trips), year=year)
        return Response(StatisticsSerializer(told).data)


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
        trips = counting.trips_of(owner=cast(User, request.user), vehicles=[vehicle], year=year_of(request))
        passed = figures.areas(trips=trips)
        areas = [{**area._asdict(), "cell": cell_of(area.cell)} for area in passed[:MOST_AREAS]]
        answer = {"total": len(passed), "cut": len(passed) > len(areas), "areas": areas}
        return Response(PassedAreasSerializer(answer).data)
