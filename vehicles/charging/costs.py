"""What a charge cost: what its owner paid, else its energy at the price in force; what is unknown stays unknown."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from django.utils.timezone import localtime

from dimo.users.models import User
from vehicles import currencies, energy_prices
from vehicles.charging import selectors, words
from vehicles.models import ChargingSession, EnergyPrice
from vehicles.places import zone_of

CENT = Decimal("0.01")


class Cost(NamedTuple):
    """An amount, or None with the reason in `how`: paid, home, away; open, duplicate, no_energy, no_place, no_price."""

    amount: Decimal | None
    currency: str
    how: str
    said: str

    def __str__(self) -> str:
        return "" if self.amount is None else currencies.worded(self.amount, self.currency)


class Charge(NamedTuple):
    """A session with its times where its owner reads them, its place (`home`, `away`, empty) and its cost."""

    session: ChargingSession
    start: datetime
    end: datetime
    place: str
    area: str
    cost: Cost

    @property
    def counts(self) -> bool:
        return self.session.duplicate_of_id is None


class Sums(NamedTuple):
    """Of charges that count. Shares are of the energy that is known, kWh; `costs` by currency."""

    charges: int
    kwh: float
    energy_unknown: int
    by_current: dict[str, float]
    by_place: dict[str, float]
    costs: dict[str, Decimal]
    cost_unknown: int

    @property
    def kwh_unplaced(self) -> float:
        return self.by_place.get("", 0.0)

    @property
    def kwh_untold(self) -> float:
        """kWh of charges that did not say whether AC or DC."""
        return self.by_current.get("", 0.0)

    @property
    def cost(self) -> str:
        return " + ".join(currencies.worded(total, currency) for currency, total in sorted(self.costs.items()))


def cost_of(*, session: ChargingSession, place: str, price: EnergyPrice | None) -> Cost:
    """What one charge cost, under the price of its day; rounded to hundredths, half to even."""

    def unknown(how: str) -> Cost:
        return Cost(None, "", how, words.cost(how))

    if session.duplicate_of_id is not None:
        return unknown("duplicate")
    if session.paid is not None:
        return Cost(session.paid, session.paid_currency, "paid", words.cost("paid"))
    if session.still_open:
        return unknown("open")
    if session.energy_kwh is None:
        return unknown("no_energy")
    if not place:
        return unknown("no_place")
    rate = None if price is None else price.home_per_kwh if place == "home" else price.away_per_kwh
    if price is None or rate is None:
        return unknown("no_price")
    amount = (Decimal(repr(session.energy_kwh)) * rate).quantize(CENT, ROUND_HALF_EVEN)
    facts = {"kwh": f"{session.energy_kwh:.2f}", "rate": currencies.rate(rate, price.currency, "kWh")}
    return Cost(amount, price.currency, place, words.cost(place, facts))


def charges(*, sessions: Iterable[ChargingSession], owner: User) -> list[Charge]:
    """A person's sessions, of one vehicle or several, with place and cost; the order stays."""
    rows = list(sessions)
    places, names = selectors.places_of(owner=owner), selectors.area_names_of(owner=owner)
    vehicles = {session.vehicle_id: session.vehicle for session in rows}
    prices = {
        number: list(energy_prices.prices_of(owner=owner, vehicle=vehicle)) for number, vehicle in vehicles.items()
    }
    return [charge(session, places, names, prices[session.vehicle_id]) for session in rows]


def charge(
    session: ChargingSession, places: Mapping[str, str], names: Mapping[str, str], prices: Sequence[EnergyPrice]
) -> Charge:
    zone = zone_of(session.vehicle)
    start, end = localtime(session.started_at, zone), localtime(session.ended_at, zone)
    place = session.said_place or places.get(session.cell, "")
    price = energy_prices.in_force(prices, epoch=session.owner_epoch, day=start.date())
    cost = cost_of(session=session, place=place, price=price)
    return Charge(session, start, end, place, names.get(session.cell, ""), cost)


def sum_up(found: Iterable[Charge]) -> Sums:
    """The sums of charges; a charge that was told twice counts once."""
    every = [each for each in found if each.counts]
    by_current: dict[str, float] = defaultdict(float)
    by_place: dict[str, float] = defaultdict(float)
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for each in every:
        kwh = each.session.energy_kwh or 0.0
        by_current[each.session.current] += kwh
        by_place[each.place] += kwh
        if each.cost.amount is not None:
            costs[each.cost.currency] += each.cost.amount
    return Sums(
        charges=len(every),
        kwh=sum(by_current.values()),
        energy_unknown=sum(each.session.energy_kwh is None for each in every),
        by_current=dict(by_current),
        by_place=dict(by_place),
        costs=dict(costs),
        cost_unknown=sum(each.cost.amount is None for each in every),
    )
