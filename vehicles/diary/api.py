"""Trips by REST, for whoever drove them: read, tagged, noted, withheld, split, joined, deleted and brought back."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.idempotency import idempotent
from dimo.api.pagination import CursorPage
from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import apps_api, trip_edits, trips
from vehicles import selectors as own
from vehicles.api import own_vehicle
from vehicles.diary import listing, logbook, serializers
from vehicles.diary.serializers import TripSerializer
from vehicles.models import Trip


class NewestTrips(CursorPage):
    ordering = ("-started_at", "-id")


@extend_schema_view(
    get=extend_schema(
        summary="Trips of a vehicle, newest first", tags=["trips"], parameters=[serializers.TripFilterSerializer]
    )
)
class TripList(ListAPIView[Trip]):
    serializer_class = TripSerializer
    pagination_class = NewestTrips
    permission_classes = (HasScope("driver"),)
    read_by_apps = True
    queryset = Trip.objects.none()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        if credential := apps_api.app_of(request):
            return apps_api.trips(request, self, credential, self.kwargs["public_id"])
        return super().list(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Trip]:
        owner = cast(User, self.request.user)
        vehicle = own_vehicle(self.request, self.kwargs["public_id"])
        asked = valid(serializers.TripFilterSerializer, self.request.query_params)
        show = "deleted" if asked["deleted"] else ""
        found = listing.trips_of(owner=owner, vehicle=vehicle, tag=asked.get("tag", ""), show=show, now=now())
        if "from" in asked:
            found = found.filter(started_at__gte=asked["from"])
        return found.filter(started_at__lt=asked["to"]) if "to" in asked else found


def valid(kind: Any, data: Any) -> dict[str, Any]:
    """What was sent, checked.

    Raises:
        ValidationError, with each field at fault
    """
    told = kind(data=data)
    told.is_valid(raise_exception=True)
    return cast(dict[str, Any], told.validated_data)


class OfTrip(APIView):
    """A view of one trip of the caller's own times with vehicles."""

    permission_classes = (HasScope("driver"),)

    def trip(self, public_id: UUID) -> Trip:
        return get_object_or_404(own.trips_of(owner=self.owner), public_id=public_id)

    @property
    def owner(self) -> User:
        return cast(User, self.request.user)

    def told(self, public_id: UUID) -> Response:
        trip = get_object_or_404(listing.any_trip_of(owner=self.owner, now=now()), public_id=public_id)
        return Response(TripSerializer(trip).data)


class OneTrip(OfTrip):
    @extend_schema(summary="One trip, or a deleted one that can be restored", tags=["trips"], responses=TripSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        return self.told(public_id)

    @extend_schema(
        summary="Tag, note or withhold a trip",
        tags=["trips"],
        request=serializers.TripChangeSerializer,
        responses=TripSerializer,
    )
    def patch(self, request: Request, public_id: UUID) -> Response:
        """All that is sent is changed, or nothing."""
        trip, wanted = self.trip(public_id), valid(serializers.TripChangeSerializer, request.data)
        with transaction.atomic():
            if "private" in wanted:
                trips.set_private(trip=trip, private=wanted["private"])
            if "tag" in wanted:
                trips.set_tag(trip=trip, tag=wanted["tag"])
            if "note" in wanted:
                trips.set_note(trip=trip, note=wanted["note"])
        return self.told(public_id)


class Split(OfTrip):
    @extend_schema(
        summary="Make two trips of one",
        tags=["trips"],
        request=serializers.MomentSerializer,
        responses=serializers.PartsSerializer,
    )
    @idempotent(required=False)
    def post(self, request: Request, public_id: UUID) -> Response:
        trip, wanted = self.trip(public_id), valid(serializers.MomentSerializer, request.data)
        parts = trip_edits.split_trip(trip=trip, moment=wanted["moment"], actor=self.owner, now=now())
        return Response({"parts": [TripSerializer(part).data for part in parts]})


class Merge(OfTrip):
    @extend_schema(
        summary="Make one trip of two neighbors",
        tags=["trips"],
        request=serializers.NeighborSerializer,
        responses=TripSerializer,
    )
    @idempotent(required=False)
    def post(self, request: Request, public_id: UUID) -> Response:
        trip, wanted = self.trip(public_id), valid(serializers.NeighborSerializer, request.data)
        other = self.trip(wanted["with"])
        merged = trip_edits.merge_trips(trip=trip, other=other, actor=self.owner, now=now())
        return Response(TripSerializer(merged).data)


class Delete(OfTrip):
    @extend_schema(
        summary="Hide a trip and withhold it from every dataset", tags=["trips"], request=None, responses=TripSerializer
    )
    @idempotent(required=False)
    def post(self, request: Request, public_id: UUID) -> Response:
        trip_edits.delete_trip(trip=self.trip(public_id), actor=self.owner, now=now())
        return self.told(public_id)


class Restore(OfTrip):
    @extend_schema(
        summary="Bring a deleted trip back, within 30 days", tags=["trips"], request=None, responses=TripSerializer
    )
    @idempotent(required=False)
    def post(self, request: Request, public_id: UUID) -> Response:
        moment = now()
        trip = get_object_or_404(listing.any_trip_of(owner=self.owner, now=moment), public_id=public_id)
        back = trip_edits.restore_trip(trip=trip, actor=self.owner, now=moment)
        return self.told(back.public_id)


class YearOfTrips(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="A vehicle's year: sums by tag and month",
        tags=["trips"],
        parameters=[serializers.YearSerializer],
        responses=serializers.LogbookSerializer,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        vehicle = own_vehicle(request, public_id)
        year = valid(serializers.YearSerializer, request.query_params)["year"]
        book = logbook.logbook(owner=cast(User, request.user), vehicle=vehicle, year=year)
        return Response(serializers.LogbookSerializer(book).data)
