"""Phones by REST: registered by their key, and moved from vehicle to vehicle."""

from typing import cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dimo.api.permissions import HasScope
from dimo.users.models import User
from vehicles import registry
from vehicles import selectors as vehicles
from vehicles.models import Device
from vehicles.phone import selectors
from vehicles.phone.serializers import AnswerSerializer, ChallengeSerializer, MoveSerializer, PhoneSerializer

MOST = 100


def caller(request: Request) -> User:
    return cast(User, request.user)


def told(request: Request, phone: Device, status: int = 200) -> Response:
    """The phone as it stands now."""
    phone = selectors.phone_of(owner=caller(request), public_id=phone.public_id)
    return Response(PhoneSerializer(phone).data, status=status)


class PhoneChallenge(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(
        summary="A text for a phone's key to sign", tags=["phones"], request=None, responses=ChallengeSerializer
    )
    def post(self, request: Request) -> Response:
        return Response({"challenge": registry.device_challenge(owner=caller(request))})


class PhoneList(APIView):
    permission_classes = (HasScope("driver"),)

    @extend_schema(summary="Your phones, newest first", tags=["phones"], responses=PhoneSerializer(many=True))
    def get(self, request: Request) -> Response:
        phones = selectors.phones_of(owner=caller(request))[:MOST]
        return Response(PhoneSerializer(phones, many=True).data)

    @extend_schema(
        summary="Register a phone by its key's answer", tags=["phones"], request=AnswerSerializer,
        responses={201: PhoneSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Idempotent: the same key again is the same phone."""
        answer = AnswerSerializer(data=request.data)
        answer.is_valid(raise_exception=True)
        phone = registry.register_device(
            owner=caller(request), kind=Device.Kind.PHONE, now=now(), **answer.validated_data
        )
        return told(request, phone, 201)


class PhoneVehicle(APIView):
    """The vehicle that a phone measures."""

    permission_classes = (HasScope("driver"),)

    def phone(self, request: Request, phone_id: UUID) -> Device:
        return get_object_or_404(selectors.phones_of(owner=caller(request)), public_id=phone_id)

    @extend_schema(
        summary="Measure this vehicle from now on, and no other", tags=["phones"], request=MoveSerializer,
        responses=PhoneSerializer,
    )  # fmt: skip
    def put(self, request: Request, phone_id: UUID) -> Response:
        """What the phone measured before stays with the vehicle that it measured then."""
        asked = MoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        own = vehicles.vehicles_of(owner=caller(request))
        vehicle = get_object_or_404(own, public_id=asked.validated_data["vehicle"])
        phone = self.phone(request, phone_id)
        registry.move_device(device=phone, vehicle=vehicle, now=now())
        return told(request, phone)

    @extend_schema(summary="Measure no vehicle from now on", tags=["phones"], responses=PhoneSerializer)
    def delete(self, request: Request, phone_id: UUID) -> Response:
        phone = self.phone(request, phone_id)
        for pairing in phone.measuring:  # type: ignore[attr-defined]
            registry.unpair_device(device=phone, vehicle=pairing.vehicle, now=now())
        return told(request, phone)
