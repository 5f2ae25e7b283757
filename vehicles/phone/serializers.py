"""What the API tells of phones, and asks of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from vehicles.models import Device


class PhoneSerializer(serializers.ModelSerializer[Device]):
    """A phone and what it measures since when. `suspect`: a sequence number came back with other contents."""

    id = serializers.UUIDField(source="public_id")
    producer = serializers.CharField(source="address", help_text="The did:key of the phone's key.")
    suspect = serializers.SerializerMethodField()
    vehicle = serializers.SerializerMethodField()
    measures_since = serializers.SerializerMethodField()

    class Meta:
        model = Device
        fields = (
            *("id", "producer", "label", "registered_at", "last_seen_at", "last_sequence"),
            *("suspect", "vehicle", "measures_since"),
        )

    def get_suspect(self, phone: Device) -> bool:
        return phone.flagged_at is not None

    def get_vehicle(self, phone: Device) -> UUID | None:
        return next((pairing.vehicle.public_id for pairing in phone.measuring), None)  # type: ignore[attr-defined]

    def get_measures_since(self, phone: Device) -> datetime | None:
        return next((pairing.period.lower for pairing in phone.measuring), None)  # type: ignore[attr-defined]


class ChallengeSerializer(serializers.Serializer[Any]):
    """A text to sign within ten minutes."""

    challenge = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    """A key's answer: ECDSA over the challenge's UTF-8 with SHA-256, 0x and 128 digits (r, s; s in the lower half)."""

    producer = serializers.CharField(max_length=57, help_text="did:key:zDn… of the P-256 key.")
    challenge = serializers.CharField(max_length=600)
    signature = serializers.CharField(max_length=130)
    label = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")  # type: ignore[assignment]


class MoveSerializer(serializers.Serializer[Any]):
    """The vehicle that the phone is in."""

    vehicle = serializers.UUIDField()
