"""What the API tells an owner of events, fault codes and the quality of a vehicle's data."""

from rest_framework import serializers

from vehicles import kinds
from vehicles.diagnostics.words import explain
from vehicles.models import FaultCode, VehicleEvent


class EventSerializer(serializers.ModelSerializer[VehicleEvent]):
    """Something that a device told of; `metadata` is the device's own."""

    timestamp = serializers.DateTimeField(source="ts")
    title = serializers.SerializerMethodField()
    duration_seconds = serializers.SerializerMethodField()

    class Meta:
        model = VehicleEvent
        fields = ("name", "title", "timestamp", "duration_seconds", "metadata")

    def get_title(self, event: VehicleEvent) -> str:
        known = kinds.events.get(event.name)
        return known.title if known else event.name

    def get_duration_seconds(self, event: VehicleEvent) -> float:
        return event.duration_ns / 1e9


class FaultCodeSerializer(serializers.ModelSerializer[FaultCode]):
    """A code in plain words. `cleared_at`: the first list without it; none: it stands, or stood when you sold the car.

    No moment lies outside your time with the vehicle.
    """

    opened_at = serializers.DateTimeField(source="began_at")
    last_seen_at = serializers.DateTimeField(source="seen_at")
    cleared_at = serializers.DateTimeField(source="gone_at", allow_null=True)
    title = serializers.SerializerMethodField()
    severity = serializers.SerializerMethodField()
    advice = serializers.SerializerMethodField()

    class Meta:
        model = FaultCode
        fields = ("code", "title", "severity", "advice", "opened_at", "last_seen_at", "cleared_at")

    def get_title(self, fault: FaultCode) -> str:
        return str(explain(fault.code).title)

    def get_severity(self, fault: FaultCode) -> str:
        return explain(fault.code).severity

    def get_advice(self, fault: FaultCode) -> str:
        return str(explain(fault.code).advice)


class ScoreSerializer(serializers.Serializer[object]):
    """Each part and their product lie between 0 and 1; `missing` names what the vehicle does not tell."""

    value = serializers.FloatField()
    completeness = serializers.FloatField()
    plausibility = serializers.FloatField()
    freshness = serializers.FloatField()
    missing = serializers.ListField(child=serializers.CharField())
