"""What the API tells an owner of their zones and of how long exact positions are kept, and what it takes."""

from typing import Any

from rest_framework import serializers

from vehicles.models import PrivacyZone


class ZoneSerializer(serializers.ModelSerializer[PrivacyZone]):
    """A zone as it is drawn: its center is shifted off the place by a secret, and nobody is told the place."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    vehicle = serializers.UUIDField(source="vehicle.public_id", allow_null=True, read_only=True)
    center = serializers.SerializerMethodField(help_text="of the circle: longitude, latitude")

    class Meta:
        model = PrivacyZone
        fields = ("id", "label", "radius_m", "vehicle", "center", "made_at", "changed_at")

    def get_center(self, zone: PrivacyZone) -> list[float]:
        return [zone.lon, zone.lat]


class ZoneDrawingSerializer(serializers.Serializer[dict[str, Any]]):
    """A zone to draw. `lat` and `lon` are of the place, which is not kept; without `vehicle` it is for all."""

    label = serializers.CharField(max_length=40)  # type: ignore[assignment]
    radius_m = serializers.ChoiceField(choices=PrivacyZone.Radius.choices)
    vehicle = serializers.UUIDField(allow_null=True, required=False, default=None)
    lat = serializers.FloatField(min_value=-90, max_value=90)
    lon = serializers.FloatField(min_value=-180, max_value=180)


class ZoneChangeSerializer(serializers.Serializer[dict[str, Any]]):
    """What is to change; a smaller radius needs the place again, as `lat` and `lon`."""

    label = serializers.CharField(max_length=40, required=False)  # type: ignore[assignment]
    radius_m = serializers.ChoiceField(choices=PrivacyZone.Radius.choices, required=False)
    vehicle = serializers.UUIDField(allow_null=True, required=False)
    lat = serializers.FloatField(min_value=-90, max_value=90, required=False)
    lon = serializers.FloatField(min_value=-180, max_value=180, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("lat" in attrs) != ("lon" in attrs):
            missing = "lon" if "lat" in attrs else "lat"
            raise serializers.ValidationError({missing: "Give both, lat and lon."})
        return attrs


class TimeSerializer(serializers.Serializer[dict[str, Any]]):
    """How many days exact positions are kept; null: as long as the vehicle is owned."""

    days = serializers.IntegerField(allow_null=True)


class ChoiceSerializer(serializers.Serializer[dict[str, Any]]):
    """What is in force, and a shorter time that waits to be."""

    days = serializers.IntegerField(allow_null=True)
    next_days = serializers.IntegerField(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
