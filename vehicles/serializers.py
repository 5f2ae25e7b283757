"""What the API tells an owner of vehicles, trips and last values."""

from datetime import datetime

from rest_framework import serializers

from vehicles import words
from vehicles.contact import Health
from vehicles.measurements import LastValue
from vehicles.models import Vehicle
from vehicles.movement.streaks import Outlook
from vehicles.silence import Cause, State


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


class StreakSerializer(serializers.Serializer[Outlook]):
    """Weeks in a row with proved movement. A week begins on Monday, 00:00 UTC."""

    weeks = serializers.IntegerField()
    at_risk = serializers.BooleanField(help_text="no drive of this week keeps it")
    falls_at = serializers.DateTimeField(help_text="unless a drive proves movement before")
    falls_to = serializers.IntegerField(help_text="weeks; 0: the streak ends")
    said = serializers.SerializerMethodField(help_text="the same in words, while it is at risk")

    def get_said(self, outlook: Outlook) -> str:
        return words.streak(outlook)


class ConnectionSerializer(serializers.Serializer[Health]):
    """`cause` and `streak` only while the vehicle is quiet: silent for much longer than it usually is."""

    state = serializers.ChoiceField(choices=[each.value for each in State])
    seen_at = serializers.DateTimeField(source="seen", allow_null=True)
    paired = serializers.BooleanField(help_text="whether a device measures it now")
    cause = serializers.ChoiceField(choices=[each.value for each in Cause], allow_null=True)
    said = serializers.SerializerMethodField(help_text="the cause in words")
    streak = StreakSerializer(allow_null=True)

    def get_said(self, health: Health) -> str:
        return words.quiet(health.cause) if health.cause else ""
