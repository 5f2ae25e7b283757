"""What energy costs a vehicle's owner: prices that hold from a day on, one currency a vehicle, each step undoable.

A price set from a day on takes the place of what held that day, up to where that ended: prices told for later stay. So
periods never overlap, and where none holds, nobody told a price.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from psycopg.types.range import DateRange

from dimo.errors import DomainError
from dimo.users.models import User
from vehicles.currencies import CODES
from vehicles.models import EnergyPrice, Vehicle, VehicleOwnership
from vehicles.ownership_selectors import STANDING
from vehicles.places import zone_of

MOST: Final = 200
FIRST_DAY, AHEAD = date(1990, 1, 1), timedelta(days=3653)


class UnknownCurrency(DomainError):
    """A currency is named by its three letters of ISO 4217, such as EUR."""

    status = 400


class CurrencyDiffers(DomainError):
    """All prices of a vehicle are in one currency; remove those in the other first."""


class NoPriceTold(DomainError):
    """Tell a price of fuel or of electricity at least."""

    status = 400


class PriceOutOfRange(DomainError):
    """A price lies between 0 and 99,999, with four decimals at most."""

    status = 400


class ShareOutOfRange(DomainError):
    """The share charged at home is a whole number of percent, 0 to 100."""

    status = 400


class DayOutOfRange(DomainError):
    """Prices may begin between 1990 and ten years from now."""

    status = 400


class TooManyPrices(DomainError):
    """A vehicle has at most 200 periods with prices; remove one first."""


class PricesChanged(DomainError):
    """The prices were changed again since, so this step cannot be undone."""


class Prices(NamedTuple):
    """What is paid, in one currency a unit; None where it is not told. `home_share_pct` is for trips alone."""

    currency: str
    fuel_per_liter: Decimal | None = None
    home_per_kwh: Decimal | None = None
    away_per_kwh: Decimal | None = None
    home_share_pct: int | None = None


class Period(NamedTuple):
    """Prices of the days `[since, until)`; no `until`: from then on."""

    since: date
    until: date | None
    prices: Prices


class Step(NamedTuple):
    """What a change did, as `undo` takes it."""

    before: tuple[Period, ...]
    after: tuple[Period, ...]


def prices_of(*, owner: User, vehicle: Vehicle) -> QuerySet[EnergyPrice]:
    """Prices that a person told for a vehicle in their own time with it, the latest first."""
    own = VehicleOwnership.objects.filter(
        STANDING, vehicle=OuterRef("vehicle"), epoch=OuterRef("owner_epoch"), owner=owner
    )
    told = EnergyPrice.objects.filter(Exists(own), vehicle=vehicle)
    return told.order_by("-owner_epoch", "-period__startswith")


def of_today(*, vehicles: Sequence[Vehicle], now: datetime) -> dict[int, EnergyPrice]:
    """The prices that hold now by the clock of each vehicle, under its present owner; one query."""
    told: dict[int, list[EnergyPrice]] = {}
    for price in EnergyPrice.objects.filter(vehicle__in=vehicles):
        told.setdefault(price.vehicle_id, []).append(price)
    found = {
        vehicle.pk: in_force(
            told.get(vehicle.pk, ()), epoch=vehicle.owner_epoch, day=now.astimezone(zone_of(vehicle)).date()
        )
        for vehicle in vehicles
    }
    return {pk: price for pk, price in found.items() if price}


def in_force(prices: Iterable[EnergyPrice], *, epoch: int, day: date) -> EnergyPrice | None:
    """The price of a day (in the vehicle's zone) in an owner's time, among those read before."""
    return next((each for each in prices if each.owner_epoch == epoch and day in each.period), None)


@transaction.atomic
def set_prices(*, vehicle: Vehicle, since: date, prices: Prices, now: datetime) -> Step:
    """Let prices hold from a day on, up to where the price of that day ended, or to the next one told.

    Raises:
        UnknownCurrency, CurrencyDiffers, NoPriceTold, PriceOutOfRange, ShareOutOfRange, DayOutOfRange, TooManyPrices
    """
    prices = checked(prices)
    check_day(since, now)
    before = held(vehicle)
    after = with_prices(before, since, prices)
    if any(each.prices.currency != prices.currency for each in after):
        raise CurrencyDiffers(field="currency")
    if len(after) > MOST:
        raise TooManyPrices
    return write(vehicle, before, after)


@transaction.atomic
def end_prices(*, vehicle: Vehicle, since: date, now: datetime) -> Step:
    """Tell nothing of the days from one on, up to where the price of that day ended. Idempotent.

    Raises:
        DayOutOfRange
    """
    check_day(since, now)
    before = held(vehicle)
    return write(vehicle, before, ended(before, since))


@transaction.atomic
def remove_prices(*, vehicle: Vehicle, since: date) -> Step:
    """Take back the prices that begin on a day; those that ended there go on in their place.

    Raises:
        EnergyPrice.DoesNotExist
    """
    before = held(vehicle)
    if all(each.since != since for each in before):
        raise EnergyPrice.DoesNotExist
    return write(vehicle, before, without(before, since))


@transaction.atomic
def undo(*, vehicle: Vehicle, step: Step) -> Step:
    """Put the prices back as they were before a step.

    Raises:
        PricesChanged
    """
    before = held(vehicle)
    if before != step.after:
        raise PricesChanged
    return write(vehicle, before, step.before)


def with_prices(periods: Sequence[Period], since: date, prices: Prices) -> tuple[Period, ...]:
    """The periods with new prices from a day on. Pure."""
    kept = ended(periods, since)
    upto = [each.until for each in periods if each.since <= since and (each.until is None or since < each.until)]
    later = [each.since for each in periods if each.since > since]
    until = upto[0] if upto else min(later, default=None)
    return tuple(sorted([*kept, Period(since, until, prices)], key=lambda each: each.since))


def ended(periods: Sequence[Period], since: date) -> tuple[Period, ...]:
    """The periods without what held on a day and after it; those that begin later stay. Pure."""
    kept = []
    for each in periods:
        if each.since < since and (each.until is None or since < each.until):
            kept.append(each._replace(until=since))
        elif each.since != since:
            kept.append(each)
    return tuple(kept)


def without(periods: Sequence[Period], since: date) -> tuple[Period, ...]:
    """The periods without the one that begins on a day; the one that ended there takes its time. Pure."""
    gone = next(each for each in periods if each.since == since)
    rest = [each for each in periods if each is not gone]
    return tuple(each._replace(until=gone.until) if each.until == since else each for each in rest)


def checked(prices: Prices) -> Prices:
    currency = prices.currency.strip().upper()
    if currency not in CODES:
        raise UnknownCurrency(field="currency")
    told = {name: getattr(prices, name) for name in ("fuel_per_liter", "home_per_kwh", "away_per_kwh")}
    for name, value in told.items():
        if value is not None and not (value.is_finite() and 0 <= value < 100_000 and value == round(value, 4)):
            raise PriceOutOfRange(field=name)
    if all(value is None for value in told.values()):
        raise NoPriceTold(field="home_per_kwh")
    if prices.home_share_pct is not None and not 0 <= prices.home_share_pct <= 100:
        raise ShareOutOfRange(field="home_share_pct")
    return prices._replace(currency=currency)


def check_day(day: date, now: datetime) -> None:
    if not FIRST_DAY <= day <= now.date() + AHEAD:
        raise DayOutOfRange(field="since")


def held(vehicle: Vehicle) -> tuple[Period, ...]:
    """The periods of the owner of now, in order, under the vehicle's lock.

    Raises:
        Vehicle.DoesNotExist, where it was handed over meanwhile
    """
    vehicle = Vehicle.objects.select_for_update(of=("self",)).get(pk=vehicle.pk, owner_epoch=vehicle.owner_epoch)
    rows = EnergyPrice.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch).order_by("period__startswith")
    return tuple(period_of(row) for row in rows)


def period_of(row: EnergyPrice) -> Period:
    """A stored price as a record."""
    return Period(row.period.lower, row.period.upper, Prices(*(getattr(row, name) for name in Prices._fields)))


def write(vehicle: Vehicle, before: Sequence[Period], after: tuple[Period, ...]) -> Step:
    """Store what changed: rows that go first, so that no two overlap."""
    mine = EnergyPrice.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch)
    gone = [each.since for each in before if each not in after]
    mine.filter(period__startswith__in=gone).delete()
    EnergyPrice.objects.bulk_create(
        EnergyPrice(
            vehicle=vehicle,
            owner_epoch=vehicle.owner_epoch,
            period=DateRange(each.since, each.until),
            **each.prices._asdict(),
        )
        for each in after
        if each not in before
    )
    return Step(tuple(before), after)


def told(step: Step) -> dict[str, Any]:
    """A step as JSON can carry it."""
    return {name: [plain(each) for each in periods] for name, periods in step._asdict().items()}


def plain(period: Period) -> list[Any]:
    values = [None if value is None else str(value) for value in period.prices]
    return [period.since.isoformat(), period.until and period.until.isoformat(), *values]


def heard(carried: dict[str, Any]) -> Step:
    """What `told` carried."""
    return Step(*(tuple(parsed(*each) for each in carried[name]) for name in Step._fields))


def parsed(since: str, until: str | None, currency: str, *values: str | None) -> Period:
    fuel, home, away = (None if value is None else Decimal(value) for value in values[:3])
    prices = Prices(currency, fuel, home, away, None if values[3] is None else int(values[3]))
    return Period(date.fromisoformat(since), date.fromisoformat(until) if until else None, prices)
