"""What the API tells an owner of vehicles, trips and last values."""

from datetime import datetime

from rest_framework import serializers

from vehicles.measurements import LastValue
from vehicles.models import Trip, Vehicle


class VehicleSerializer(serializers.ModelSerializer[Vehicle]):
    """A vehicle that went to somebody else is told with its end, `owned_until`; what became of it since is not."""

    id = serializers.UUIDField(source="public_id")
    nickname = serializers.CharField(source="called")
    retired_at = serializers.SerializerMethodField()
    owned_until = serializers.DateTimeField(source="seen_until", allow_null=True)

    class Meta:
        model = Vehicle
        fields = (
            *("id", "nickname", "make", "model", "year", "powertrain", "timezone"),
            *("simulated", "registered_at", "retired_at", "owned_until"),
        )

    def get_retired_at(self, vehicle: Vehicle) -> datetime | None:
        return None if getattr(vehicle, "seen_until", None) else vehicle.retired_at


class TripSerializer(serializers.ModelSerializer[Trip]):
    """Periods are from the first to the last reading, both included; `source` says how the readings came."""

    id = serializers.UUIDField(source="public_id")
    source = serializers.CharField(source="source.kind")  # type: ignore[assignment]
    grade = serializers.CharField(source="source.grade")
    duplicate = serializers.SerializerMethodField(help_text="Recorded before under another trip: never paid twice.")

    class Meta:
        model = Trip
        fields = (
            *("id", "started_at", "ended_at", "distance_km", "readings", "max_speed_kmh", "soc_used_pct"),
            *("fuel_used_l", "private", "tag", "source", "grade", "duplicate"),
        )

    def get_duplicate(self, trip: Trip) -> bool:
        return trip.duplicate_of_id is not None


class LastValueSerializer(serializers.Serializer[LastValue]):
    """A signal's newest reading; `flags` name the doubts about it."""

    name = serializers.CharField(source="signal.name")
    path = serializers.CharField(source="signal.path")
    unit = serializers.CharField(source="signal.unit")
    timestamp = serializers.DateTimeField(source="ts")
    value = serializers.FloatField()
    text = serializers.CharField(source="words", help_text="what the number does not say: a code's name, an area")
    flags = serializers.ListField(source="doubts", child=serializers.CharField())
