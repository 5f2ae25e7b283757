"""Events, fault codes and the quality of data by REST; what belongs to somebody else is not there."""

from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.pagination import CursorPage
from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import events, ownership_selectors, quality_score, selectors
from vehicles.diagnostics import reading
from vehicles.diagnostics_serializers import EventSerializer, FaultCodeSerializer, ScoreSerializer
from vehicles.models import FaultCode, Vehicle, VehicleEvent


def own_vehicle(request: Request, public_id: UUID) -> Vehicle:
    return get_object_or_404(selectors.vehicles_of(owner=cast(User, request.user)), public_id=public_id)


def known_vehicle(request: Request, public_id: UUID) -> Vehicle:
    """Theirs now or once; what is read of it keeps to their time with it."""
    return get_object_or_404(ownership_selectors.known_to(owner=cast(User, request.user)), public_id=public_id)


class NewestEvents(CursorPage):
    ordering = ("-ts", "-id")


class NewestFaults(CursorPage):
    ordering = ("-seen_at", "-id")


@extend_schema(summary="What devices told of, newest first", tags=["vehicles"])
class EventList(ListAPIView[VehicleEvent]):
    serializer_class = EventSerializer
    pagination_class = NewestEvents
    permission_classes = (HasScope("driver"),)
    queryset = VehicleEvent.objects.none()

    def get_queryset(self) -> QuerySet[VehicleEvent]:
        return events.events_of(vehicle=known_vehicle(self.request, self.kwargs["public_id"]))


@extend_schema(summary="Fault codes that stand or stood, newest first", tags=["vehicles"])
class FaultCodeList(ListAPIView[FaultCode]):
    serializer_class = FaultCodeSerializer
    pagination_class = NewestFaults
    permission_classes = (HasScope("driver"),)
    queryset = FaultCode.objects.none()

    def get_queryset(self) -> QuerySet[FaultCode]:
        return reading.codes_of(vehicle=known_vehicle(self.request, self.kwargs["public_id"]))


class QualityScore(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="How good a vehicle's data is, and what lowers it", tags=["vehicles"], responses=ScoreSerializer
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        vehicle = own_vehicle(request, public_id)
        score = quality_score.scores(vehicle_ids=[vehicle.pk], now=now())[vehicle.pk]
        return Response(ScoreSerializer(score).data)
