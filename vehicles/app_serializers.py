"""What the API tells an app: only what its owner allowed, as finely as they allowed it; the rest is absent."""

from typing import Any

from rest_framework import serializers


class AsAllowed(serializers.Serializer[Any]):
    """What was not allowed is not there, rather than null: null says that nothing was measured."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {name: value for name, value in super().to_representation(instance).items() if name in instance}


class AppVehicleSerializer(AsAllowed):
    """A vehicle that the owner lets the app read. Without the scope `vehicles`, only its id and what may be read."""

    id = serializers.UUIDField()
    scopes = serializers.ListField(child=serializers.CharField(), help_text="what may be read of it now")
    expires_at = serializers.DateTimeField()
    nickname = serializers.CharField(required=False)
    make = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    year = serializers.IntegerField(required=False, allow_null=True)
    powertrain = serializers.CharField(required=False)
    timezone = serializers.CharField(required=False)


class PlaceSerializer(serializers.Serializer[Any]):
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()


class AppTripSerializer(AsAllowed):
    """Under `trips:coarse` times are quarters of an hour. `cells` are H3 areas of resolution 7, never the ends'."""

    id = serializers.UUIDField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    distance_km = serializers.FloatField()
    max_speed_kmh = serializers.FloatField(required=False, allow_null=True)
    soc_used_pct = serializers.FloatField(required=False, allow_null=True)
    fuel_used_l = serializers.FloatField(required=False, allow_null=True)
    cells = serializers.ListField(child=serializers.CharField(), required=False)
    start = PlaceSerializer(required=False, allow_null=True, help_text="with location:precise alone")
    end = PlaceSerializer(required=False, allow_null=True, help_text="with location:precise alone")


class ValueSerializer(serializers.Serializer[Any]):
    """`text` says what a number does not: the H3 index of an area, the name of a code."""

    timestamp = serializers.DateTimeField()
    name = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    text = serializers.CharField(allow_blank=True)


class WithheldSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    missing = serializers.CharField(help_text="the scope that it would take")


class HistorySerializer(serializers.Serializer[Any]):
    """Values by moment, then signal. `next` is the whole address of the next page."""

    next = serializers.CharField(allow_null=True)
    results = ValueSerializer(many=True)
    withheld = WithheldSerializer(many=True, help_text="asked for and not granted; empty for owners")


class HistoryQuestion(serializers.Serializer[Any]):
    """The query of the history; `from` and `to` are the period `[from, to)`."""

    names = serializers.CharField(max_length=2000, help_text="signals, separated by commas, at most 20")
    to = serializers.DateTimeField(required=False, help_text="default: now")
    interval = serializers.ChoiceField(
        ["1m", "5m", "15m", "1h", "1d"], required=False, help_text="means per interval; without it as measured"
    )
    page_size = serializers.IntegerField(min_value=1, max_value=10_000, default=1000)
    cursor = serializers.CharField(max_length=200, required=False, help_text="of another page's `next`; opaque")

    def get_fields(self) -> Any:
        """`from` is a word of the language, so that no attribute can be called so."""
        return {**super().get_fields(), "from": serializers.DateTimeField(required=False, help_text="default: a day")}
