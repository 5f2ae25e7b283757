"""Privacy zones and how long exact positions are kept, by REST; somebody else's zone is not there."""

from typing import Any, cast
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.idempotency import idempotent
from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import selectors
from vehicles.models import Vehicle
from vehicles.privacy_serializers import (
    ChoiceSerializer,
    TimeSerializer,
    ZoneChangeSerializer,
    ZoneDrawingSerializer,
    ZoneSerializer,
)
from vehicles.retention import choices
from vehicles.zones import drawing
from vehicles.zones.drawing import Place
from vehicles.zones.selectors import zones_of


def owner_of(request: Request) -> User:
    return cast(User, request.user)


def own_vehicle(request: Request, public_id: UUID | None) -> Vehicle | None:
    if public_id is None:
        return None
    return get_object_or_404(selectors.vehicles_of(owner=owner_of(request)), public_id=public_id)


def validated(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


class PrivacyZones(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(summary="Your privacy zones", tags=["privacy"], responses=ZoneSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(ZoneSerializer(zones_of(owner=owner_of(request)), many=True).data)

    @extend_schema(
        summary="Draw a zone", tags=["privacy"], request=ZoneDrawingSerializer, responses={201: ZoneSerializer}
    )
    @idempotent(required=False)
    def post(self, request: Request) -> Response:
        """In force for every dataset built from now on, whatever the day of the drive."""
        told = validated(ZoneDrawingSerializer(data=request.data))
        zone = drawing.draw_zone(
            owner=owner_of(request),
            label=told["label"],
            place=Place(told["lat"], told["lon"]),
            radius_m=told["radius_m"],
            vehicle=own_vehicle(request, told["vehicle"]),
            now=timezone.now(),
        )
        return Response(ZoneSerializer(zone).data, status=status.HTTP_201_CREATED)


class OnePrivacyZone(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(summary="One of your zones", tags=["privacy"], responses=ZoneSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        return Response(ZoneSerializer(get_object_or_404(zones_of(owner=owner_of(request)), public_id=public_id)).data)

    @extend_schema(
        summary="Change a zone", tags=["privacy"], request=ZoneChangeSerializer, responses={200: ZoneSerializer}
    )
    def patch(self, request: Request, public_id: UUID) -> Response:
        """What no longer lies in a zone may be in datasets built from now on."""
        zone = get_object_or_404(zones_of(owner=owner_of(request)), public_id=public_id)
        told = validated(ZoneChangeSerializer(data=request.data))
        changed = drawing.change_zone(
            owner=owner_of(request),
            public_id=public_id,
            label=told.get("label", zone.label),
            radius_m=told.get("radius_m", zone.radius_m),
            vehicle=own_vehicle(request, told["vehicle"]) if "vehicle" in told else zone.vehicle,
            place=Place(told["lat"], told["lon"]) if "lat" in told else None,
            now=timezone.now(),
        )
        return Response(ZoneSerializer(changed).data)

    @extend_schema(summary="Remove a zone", tags=["privacy"], responses={204: None})
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Positions in it, of past days too, may be in datasets built from now on; files already built stay."""
        try:
            drawing.remove_zone(owner=owner_of(request), public_id=public_id, now=timezone.now())
        except drawing.ZoneGone as gone:
            raise Http404 from gone
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExactPositions(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(summary="How long exact positions are kept", tags=["privacy"], responses=ChoiceSerializer)
    def get(self, request: Request) -> Response:
        return self.told(choices.choice_of(owner=owner_of(request), now=timezone.now()))

    @extend_schema(
        summary="Keep exact positions so long", tags=["privacy"], request=TimeSerializer, responses=ChoiceSerializer
    )
    def put(self, request: Request) -> Response:
        """30, 90, 365, 730 or 1825 days, or null. A shorter time counts in a week; until then the same can be undone by
        asking for the longer one again."""
        told = validated(TimeSerializer(data=request.data))
        return self.told(choices.choose(owner=owner_of(request), days=told["days"], now=timezone.now()))

    def told(self, choice: choices.Choice) -> Response:
        return Response(ChoiceSerializer(choice._asdict()).data)
