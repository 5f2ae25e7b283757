"""What the API tells and takes of energy prices."""

from datetime import date

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vehicles.energy_prices import Prices
from vehicles.models import EnergyPrice


class PriceSerializer(serializers.ModelSerializer[EnergyPrice]):
    """Prices of the days `[since, until)`; no `until`: from then on. Prices are decimal strings of `currency`."""

    since = serializers.SerializerMethodField()
    until = serializers.SerializerMethodField()

    class Meta:
        model = EnergyPrice
        fields = ("since", "until", "currency", "fuel_per_liter", "home_per_kwh", "away_per_kwh", "home_share_pct")

    def get_since(self, price: EnergyPrice) -> date:
        first: date = price.period.lower
        return first

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_until(self, price: EnergyPrice) -> date | None:
        end: date | None = price.period.upper
        return end


class NewPricesSerializer(serializers.Serializer[Prices]):
    """What is paid from a day on; what is left out is not told."""

    since = serializers.DateField()
    currency = serializers.CharField(min_length=3, max_length=3)
    fuel_per_liter = serializers.DecimalField(max_digits=9, decimal_places=4, min_value=0, required=False)
    home_per_kwh = serializers.DecimalField(max_digits=9, decimal_places=4, min_value=0, required=False)
    away_per_kwh = serializers.DecimalField(max_digits=9, decimal_places=4, min_value=0, required=False)
    home_share_pct = serializers.IntegerField(min_value=0, max_value=100, required=False)
