"""What a trip cost by the prices that its driver told. What is not told is not guessed: then there is no cost."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol

from vehicles.currencies import rounded, worded
from vehicles.models import EnergyPrice, Trip
from vehicles.places import local_time

HUNDRED = Decimal(100)
MILLIS = Decimal("0.001")


class Price(Protocol):
    """What energy costs in a period; None: not told. Money per liter or kWh, `home_share_pct` of 100."""

    currency: str
    fuel_per_liter: Decimal | None
    home_per_kwh: Decimal | None
    away_per_kwh: Decimal | None
    home_share_pct: int | None


class Line(NamedTuple):
    """A quantity times its price, exact."""

    quantity: Decimal
    unit: str
    price: Decimal


class Cost(NamedTuple):
    """Money, rounded to the currency's smallest unit once, after its lines were added."""

    amount: Decimal
    currency: str
    lines: tuple[Line, ...] = ()

    def __str__(self) -> str:
        return worded(self.amount, self.currency)

    @property
    def formula(self) -> str:
        """How it came about."""
        return " + ".join(
            f"{line.quantity.normalize():f} {line.unit} × {line.price.normalize():f} {self.currency}"
            for line in self.lines
        )


def per_kwh(price: Price) -> Decimal | None:
    """What a kWh costs on the whole: by the told share of charging at home, else by the only price that was told."""
    home, away, share = price.home_per_kwh, price.away_per_kwh, price.home_share_pct
    if share is None:
        return home if away is None or home == away else away if home is None else None
    if (home is None and share > 0) or (away is None and share < 100):
        return None
    return ((home or Decimal(0)) * share + (away or Decimal(0)) * (HUNDRED - share)) / HUNDRED


def cost_of(*, energy_kwh: float | None, fuel_l: float | None, powertrain: str, price: Price | None) -> Cost | None:
    """What a drive cost; None where a quantity or its price is unknown, so that no sum is told by half.

    A hybrid without a plug fills its battery by fuel, so only fuel costs. Energy that flowed back lowers the cost.
    """
    if price is None:
        return None
    burnt = fuel_l if powertrain != "electric" else None
    drawn = energy_kwh if powertrain in {"electric", "plug_in"} or (powertrain == "" and burnt is None) else None
    wanted = [(burnt, "l", price.fuel_per_liter), (drawn, "kWh", per_kwh(price))]
    lines = []
    for quantity, unit, each in wanted:
        if quantity is None:
            continue
        if each is None:
            return None
        lines.append(Line(Decimal(str(quantity)).quantize(MILLIS), unit, each))
    if not lines:
        return None
    exact = sum((line.quantity * line.price for line in lines), Decimal(0))
    return Cost(rounded(exact, price.currency), price.currency, tuple(lines))


class PriceBook:
    """Prices of some vehicles, each owner's for their own time."""

    def __init__(self, rows: Iterable[EnergyPrice]) -> None:
        self.rows: dict[tuple[int, int], list[EnergyPrice]] = {}
        for row in rows:
            self.rows.setdefault((row.vehicle_id, row.owner_epoch), []).append(row)

    def in_force(self, *, vehicle_id: int, owner_epoch: int, day: date) -> EnergyPrice | None:
        """The price of a day."""
        told = self.rows.get((vehicle_id, owner_epoch), ())
        return next((row for row in told if covers(row, day)), None)

    def cost(self, *, trip: Trip) -> Cost | None:
        """What a trip cost, by the prices of the day on which it began in the vehicle's zone."""
        if not self.rows:
            return None
        day = local_time(trip.started_at, trip.vehicle).date()
        price = self.in_force(vehicle_id=trip.vehicle_id, owner_epoch=trip.owner_epoch, day=day)
        return cost_of(
            energy_kwh=trip.energy_kwh, fuel_l=trip.fuel_used_l, powertrain=trip.vehicle.powertrain, price=price
        )


def covers(row: EnergyPrice, day: date) -> bool:
    """Whether a day lies in a price's period `[from, to)`."""
    lower, upper = row.period.lower, row.period.upper
    return (lower is None or lower <= day) and (upper is None or day < upper)


def prices_for(*, trips: Sequence[Trip]) -> PriceBook:
    """The prices of these trips' vehicles, in one query."""
    return PriceBook(EnergyPrice.objects.filter(vehicle__in={trip.vehicle_id for trip in trips}))
