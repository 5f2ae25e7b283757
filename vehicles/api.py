"""The owner's own data by REST; what belongs to somebody else is not there."""

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

from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import apps_api, contact, measurements, ownership_selectors, selectors
from vehicles.models import Vehicle
from vehicles.serializers import ConnectionSerializer, LastValueSerializer, VehicleSerializer


def own_vehicle(request: Request, public_id: UUID) -> Vehicle:
    """Theirs now or once; what is read of it keeps to their time with it."""
    return get_object_or_404(ownership_selectors.known_to(owner=cast(User, request.user)), public_id=public_id)


@extend_schema(summary="Your vehicles, and those that were yours", tags=["vehicles"])
class VehicleList(ListAPIView[Vehicle]):
    serializer_class = VehicleSerializer
    permission_classes = (HasScope("driver"),)
    read_by_apps = True
    queryset = Vehicle.objects.none()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        if credential := apps_api.app_of(request):
            return apps_api.vehicles(request, credential)
        return super().list(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Vehicle]:
        return ownership_selectors.known_to(owner=cast(User, self.request.user)).order_by("-pk")


class Connection(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="How a vehicle is heard, and what its silence may cost",
        tags=["vehicles"],
        responses=ConnectionSerializer,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        own = selectors.vehicles_of(owner=cast(User, request.user))
        vehicle = get_object_or_404(own, public_id=public_id)
        health = contact.health_of(vehicles=[vehicle], now=now())
        return Response(ConnectionSerializer(health[vehicle.pk]).data)


class LatestSignals(APIView):
    permission_classes = (HasScope("driver"),)
    read_by_apps = True

    @extend_schema(
        summary="The newest reading of each signal", tags=["vehicles"], responses=LastValueSerializer(many=True)
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        if credential := apps_api.app_of(request):
            return apps_api.latest(request, credential, public_id)
        values = measurements.last_values(vehicle=own_vehicle(request, public_id))
        return Response(LastValueSerializer(values, many=True).data)  # type: ignore[arg-type]
