"""What the API tells an owner of charges and batteries."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vehicles.charging import words
from vehicles.charging.costs import Charge
from vehicles.models import ChargingSession


class CostSerializer(serializers.Serializer[Any]):
    """`how`: paid, home, away; or why the amount is unknown: open, duplicate, no_energy, no_place, no_price."""

    amount = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    how = serializers.CharField()
    said = serializers.CharField(help_text="the same in words")


class ChargeSerializer(serializers.Serializer[Charge]):
    """Percents, kWh, kW. `doubts` name why a figure may be wrong; a duplicate counts nowhere."""

    id = serializers.UUIDField(source="session.public_id")
    started_at = serializers.DateTimeField(source="session.started_at")
    ended_at = serializers.DateTimeField(source="session.ended_at")
    still_open = serializers.BooleanField(source="session.still_open")
    soc_from = serializers.FloatField(source="session.soc_from", allow_null=True)
    soc_to = serializers.FloatField(source="session.soc_to", allow_null=True)
    energy_kwh = serializers.FloatField(source="session.energy_kwh", allow_null=True)
    energy_method = serializers.ChoiceField(
        source="session.energy_method", choices=["", *ChargingSession.Method.values]
    )
    peak_kw = serializers.FloatField(source="session.peak_kw", allow_null=True)
    mean_kw = serializers.FloatField(source="session.mean_kw", allow_null=True)
    current = serializers.CharField(source="session.current")
    place = serializers.ChoiceField(choices=["", "home", "away"])
    area = serializers.CharField(help_text="what you call the area; empty: no name")
    cost = CostSerializer()
    paid = serializers.DecimalField(source="session.paid", max_digits=9, decimal_places=2, allow_null=True)
    paid_currency = serializers.CharField(source="session.paid_currency")
    doubts = serializers.ListField(source="session.doubts", child=serializers.CharField())
    duplicate = serializers.SerializerMethodField()

    def get_duplicate(self, charge: Charge) -> bool:
        return not charge.counts


class WholeChargeSerializer(ChargeSerializer):
    """One charge with its curve: [seconds since the start, percent, kW]."""

    curve = serializers.ListField(source="session.curve", child=serializers.ListField())
    energy_said = serializers.SerializerMethodField(help_text="how the energy is known, in words")

    def get_energy_said(self, charge: Charge) -> str:
        return str(words.ABOUT[charge.session.energy_method])


class SaidSerializer(serializers.Serializer[Any]):
    """What the owner says; what is left out stays. `paid` null takes it back."""

    paid = serializers.DecimalField(max_digits=9, decimal_places=2, min_value=0, allow_null=True, required=False)
    paid_currency = serializers.CharField(max_length=3, required=False, allow_blank=True)
    place = serializers.ChoiceField(choices=["", "home", "away"], required=False)
    whole_area = serializers.BooleanField(required=False, help_text="`place` is meant for all charges of its area")


class TrendSerializer(serializers.Serializer[Any]):
    """The line at the last charge and its change a year, each with a 95 % interval."""

    days = serializers.IntegerField()
    value = serializers.FloatField(source="now.value")
    low = serializers.FloatField(source="now.low")
    high = serializers.FloatField(source="now.high")
    per_year = serializers.FloatField()
    per_year_low = serializers.FloatField()
    per_year_high = serializers.FloatField()


class EstimateSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    value = serializers.FloatField()


class AgingSerializer(serializers.Serializer[Any]):
    """`reported` (%), `capacity` (kWh) or `range` (km at 100 %); no trend below six days that lie 60 days apart."""

    name = serializers.CharField()
    unit = serializers.CharField()
    estimates = EstimateSerializer(many=True)
    trend = TrendSerializer(allow_null=True)


class DrainSerializer(serializers.Serializer[Any]):
    """Percent points a day while parked; `margin` is half of a 95 % interval."""

    per_day = serializers.FloatField()
    margin = serializers.FloatField()
    gaps = serializers.IntegerField()
    days = serializers.FloatField()
    confidence = serializers.CharField()


class MedianSerializer(serializers.Serializer[Any]):
    """Whole percents, of whole tens of owners."""

    median_pct = serializers.IntegerField()
    owners = serializers.IntegerField()
    computed_at = serializers.DateTimeField()


class BatterySerializer(serializers.Serializer[Any]):
    """`like` only where its owner shares, and null below ten owners; `drain` null below three parked stretches."""

    health_pct = serializers.FloatField(allow_null=True)
    agings = AgingSerializer(many=True)
    drain = DrainSerializer(allow_null=True)
    shared = serializers.BooleanField()
    like = serializers.SerializerMethodField()

    @extend_schema_field(MedianSerializer(allow_null=True))
    def get_like(self, told: dict[str, Any]) -> Any:
        return MedianSerializer(told["like"]).data if told["like"] else None


class SharedSerializer(serializers.Serializer[Any]):
    shared = serializers.BooleanField()
