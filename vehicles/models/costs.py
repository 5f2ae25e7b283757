"""What energy costs a driver, as they told us."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from vehicles.models.registry import Vehicle


class EnergyPrice(models.Model):
    """What a vehicle's owner pays in a period `[from, to)` of days; what is not told is not guessed."""

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="energy_prices")
    owner_epoch = models.PositiveIntegerField()
    period = DateRangeField()
    currency = models.CharField(max_length=3, help_text="ISO 4217; one for all prices of a vehicle")
    fuel_per_liter = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    home_per_kwh = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    away_per_kwh = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    home_share_pct = models.PositiveSmallIntegerField(
        null=True, help_text="share of the energy that was charged at home, as the owner says; for trips"
    )

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="one_price_of_a_vehicle_at_a_time",
                expressions=[
                    ("vehicle", RangeOperators.EQUAL),
                    ("owner_epoch", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="the_prices_of_a_vehicle_are_in_one_currency",
                expressions=[
                    ("vehicle", RangeOperators.EQUAL),
                    ("owner_epoch", RangeOperators.EQUAL),
                    ("currency", RangeOperators.NOT_EQUAL),
                ],
            ),
            models.CheckConstraint(condition=Q(period__isempty=False), name="an_energy_price_lasts"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="an_energy_price_has_a_currency"),
            models.CheckConstraint(
                condition=Q(fuel_per_liter__isnull=False)
                | Q(home_per_kwh__isnull=False)
                | Q(away_per_kwh__isnull=False),
                name="an_energy_price_says_a_price",
            ),
            models.CheckConstraint(
                condition=(Q(fuel_per_liter__isnull=True) | Q(fuel_per_liter__gte=0))
                & (Q(home_per_kwh__isnull=True) | Q(home_per_kwh__gte=0))
                & (Q(away_per_kwh__isnull=True) | Q(away_per_kwh__gte=0)),
                name="an_energy_price_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(home_share_pct__isnull=True) | Q(home_share_pct__lte=100), name="a_home_share_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"Prices of {self.vehicle_id} in {self.currency}"
