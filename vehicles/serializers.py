"""What the API tells an owner of vehicles, trips and last values."""

from datetime import datetime

from rest_framework import serializers

from vehicles.measurements import LastValue
from vehicles.models import Vehicle


class VehicleSerializer(serializers.ModelSerializer[Vehicle]):
    """A vehicle that went to somebody else is told with its end, `owned_until`; what became of it since is not."""

    id = serializers.UUIDField(source="public_id")
    nickname = serializers.CharField(source="called")
    retired_at = serializers.SerializerMethodField()
    owned_until = serializers.DateTimeField(source="seen_until", allow_null=True)

    class Meta:
        model = Vehicle
        fields = (
            *("id", "kind", "nickname", "make", "model", "year", "powertrain", "timezone"),
            *("simulated", "registered_at", "retired_at", "owned_until"),
        )

    def get_retired_at(self, vehicle: Vehicle) -> datetime | None:
        return None if getattr(vehicle, "seen_until", None) else vehicle.retired_at


class LastValueSerializer(serializers.Serializer[LastValue]):
    """A signal's newest reading; `flags` name the doubts about it."""

    name = serializers.CharField(source="signal.name")
    path = serializers.CharField(source="signal.path")
    unit = serializers.CharField(source="signal.unit")
    timestamp = serializers.DateTimeField(source="ts")
    value = serializers.FloatField()
    text = serializers.CharField(source="words", help_text="what the number does not say: a code's name, an area")
    flags = serializers.ListField(source="doubts", child=serializers.CharField())
