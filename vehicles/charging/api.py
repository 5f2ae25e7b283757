"""Charges and batteries by REST; what belongs to somebody else is not there."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.idempotency import idempotent
from dimo.api.pagination import CursorPage
from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import ownership_selectors
from vehicles import selectors as own
from vehicles.battery import parked, sharing, standing
from vehicles.charging import costs, saying, selectors
from vehicles.charging.costs import Charge
from vehicles.charging.serializers import (
    BatterySerializer,
    ChargeSerializer,
    SaidSerializer,
    SharedSerializer,
    WholeChargeSerializer,
)
from vehicles.models import BatteryHealth, ChargingSession, Vehicle


def user_of(request: Request) -> User:
    return cast(User, request.user)


def known_vehicle(request: Request, public_id: UUID) -> Vehicle:
    """Theirs now or once."""
    return get_object_or_404(ownership_selectors.known_to(owner=user_of(request)), public_id=public_id)


class NewestCharges(CursorPage):
    ordering = ("-started_at", "-id")


@extend_schema(summary="Charges of a vehicle, newest first", tags=["vehicles"])
class ChargeList(GenericAPIView[ChargingSession]):
    serializer_class = ChargeSerializer  # type: ignore[assignment]
    pagination_class = NewestCharges
    permission_classes = (HasScope("driver"),)
    queryset = ChargingSession.objects.none()

    def get_queryset(self) -> QuerySet[ChargingSession]:
        vehicle = known_vehicle(self.request, self.kwargs["public_id"])
        return selectors.sessions_of(owner=user_of(self.request), vehicle=vehicle)

    @extend_schema(responses=ChargeSerializer(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        told = costs.charges(sessions=page, owner=user_of(request))
        return self.get_paginated_response(ChargeSerializer(told, many=True).data)  # type: ignore[arg-type]


class OneCharge(APIView):
    permission_classes = (HasScope("driver"),)

    def told(self, request: Request, public_id: UUID) -> Charge:
        session = get_object_or_404(selectors.sessions_of(owner=user_of(request)), public_id=public_id)
        return costs.charges(sessions=[session], owner=user_of(request))[0]

    @extend_schema(summary="One charge with its curve", tags=["vehicles"], responses=WholeChargeSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        return Response(WholeChargeSerializer(self.told(request, public_id)).data)

    @extend_schema(
        summary="Say what a charge cost, and where it was",
        tags=["vehicles"],
        request=SaidSerializer,
        responses=WholeChargeSerializer,
    )
    def patch(self, request: Request, public_id: UUID) -> Response:
        session, asked = self.told(request, public_id).session, SaidSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        if "place" in said:
            saying.set_place(
                session=session,
                place=said["place"],
                owner=user_of(request),
                whole_area=said.get("whole_area", False),
            )
        if "paid" in said:
            currency = said.get("paid_currency") or session.paid_currency
            saying.set_paid(session=session, paid=said["paid"], currency=currency)
        return self.get(request, public_id)


class Battery(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="How a battery ages, drains and stands among like cars", tags=["vehicles"], responses=BatterySerializer
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        vehicle, moment = known_vehicle(request, public_id), now()
        epochs = selectors.epochs_of(owner=user_of(request), vehicle=vehicle)
        mine = vehicle.owner_id == user_of(request).pk
        kept = BatteryHealth.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch).first() if mine else None
        told: dict[str, Any] = {
            "health_pct": kept.health_pct if kept else None,
            "agings": standing.agings(vehicle=vehicle, epochs=epochs),
            "drain": parked.lately(vehicle=vehicle, epochs=epochs, now=moment)[1],
            "shared": kept is not None and kept.shared_since is not None,
            "like": sharing.median_for(vehicle=vehicle, now=moment) if mine else None,
        }
        return Response(BatterySerializer(told).data)


class BatterySharing(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="Let a battery be compared with like cars, or take that back",
        description="Off unless said. It takes effect at once, and ends with another owner.",
        tags=["vehicles"],
        request=SharedSerializer,
        responses=SharedSerializer,
    )
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        vehicle = get_object_or_404(own.vehicles_of(owner=user_of(request)), public_id=public_id)
        asked = SharedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        shared = asked.validated_data["shared"]
        kept = sharing.set_shared(vehicle=vehicle, shared=shared, actor=user_of(request), now=now())
        return Response({"shared": kept.shared_since is not None})
