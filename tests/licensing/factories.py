"""Buyers, offers and fleets with readings, made by the rules themselves."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from dimo.users.models import User
from dimo.users.operators import NAME as OPERATORS
from licensing import licenses, offers, organizations, quotes
from licensing.models import License, Offer, Organization, Quote
from tests.unions import factories as unions
from unions.models import Membership, Union
from vehicles.models import Source
from vehicles.readings import Message
from vehicles.telemetry import store_readings

NOW = unions.NOW
DAY = timedelta(days=1)
PERIOD = (NOW - 20 * DAY, NOW - 5 * DAY)
DRIVE = PERIOD[0] + DAY
SOC, SPEED = "powertrainTractionBatteryStateOfChargeCurrent", "speed"
LATITUDE, LONGITUDE, CELL = "currentLocationLatitude", "currentLocationLongitude", "currentLocationCell7"
ODOMETER = "powertrainTransmissionTravelledDistance"
SIGNALS = (SOC, SPEED, LATITUDE, LONGITUDE, CELL, ODOMETER)
PRICES = {
    "battery": {"aggregate": "400000", "pseudonymous_rows": "2600000"},
    "behavior": {"aggregate": "900000", "pseudonymous_rows": "4200000"},
    "location.coarse": {"pseudonymous_rows": "4800000"},
    "location.precise": {"pseudonymous_rows": "9500000"},
    "odometer": {"aggregate": "200000", "pseudonymous_rows": "800000"},
}
LEVELS = {"battery": "exact", "behavior": "exact", "location": "exact", "odometer": "exact"}
EURO = 10**6
_numbers = itertools.count(1)


def union(**fields: Any) -> Union:
    return unions.union(**{"prices": PRICES, **fields})


def drive(start: datetime = DRIVE, *, count: int = 30, step: int = 60, soc: float = 80.0) -> list[Message]:
    """A message a minute: charge, speed, odometer and a position that moves north."""
    return [
        Message(
            start + timedelta(seconds=step * i),
            {43: soc - i / 10, 6: 40.0 + i % 5, 14: 1000.0 + i, 1: 56.0 + i / 1000, 2: 10.0},
        )
        for i in range(count)
    ]


def member(
    of: Union, *, levels: dict[str, str] | None = None, messages: Sequence[Message] | None = None, **fields: Any
) -> Membership:
    """A member whose vehicle measured a drive, and who allows it at `levels` with all history."""
    row = unions.member(of, **fields)
    store(row, drive() if messages is None else messages)
    for signal_class, level in (LEVELS if levels is None else levels).items():
        unions.allow(row, signal_class, level, now=NOW - DAY, include_history=True)
    return row


def store(row: Membership, messages: Sequence[Message]) -> Source:
    source = Source.objects.create(vehicle=row.vehicle, kind=Source.Kind.SIMULATOR)
    store_readings(vehicle=row.vehicle, source=source, readings=messages, now=NOW)
    return source


def fleet(of: Union, count: int = 6, **fields: Any) -> list[Membership]:
    return [member(of, **fields) for _ in range(count)]


def operator() -> User:
    person = unions.user(is_staff=True)
    person.groups.add(Group.objects.get(name=OPERATORS))
    return person


def buyer(*, balance: int = 10_000 * EURO, verified: bool = True, category: str = "academic") -> Organization:
    """A buyer with one administrator, verified and with money unless said otherwise."""
    number = next(_numbers)
    made = organizations.create_organization(
        name=f"Grid Lab {number}", category=category, country="FI", founder=unions.user(), now=NOW
    )
    if verified:
        organizations.verify_organization(organization=made, operator=operator(), now=NOW)
    if balance:
        organizations.top_up(
            organization=made, asset="EURC", amount=balance, reference=f"bank-{number}", operator=operator(), now=NOW
        )
    return made


def person(of: Organization) -> User:
    return of.seats.get(role="admin").user


def offer(of: Union, *, signals: Sequence[str] = SIGNALS, tiers: Sequence[str] = (), **fields: Any) -> Offer:
    return offers.publish_offer(
        union=of,
        actor=of.seats.get().user,
        name=fields.pop("name", "Driving and charging"),
        signals=signals,
        tiers=tiers or ("aggregate", "pseudonymous_rows"),
        purposes=("research_np",),
        now=NOW,
        **fields,
    )


def quote(of: Offer, by: Organization, **fields: Any) -> Quote:
    return quotes.make_quote(
        offer_id=of.pk,
        organization=by,
        user=person(by),
        **{
            "period": PERIOD,
            "signals": (SOC, SPEED),
            "tier": "pseudonymous_rows",
            "purpose": "research_np",
            "now": NOW,
            **fields,
        },
    )


def license(of: Union, by: Organization | None = None, **fields: Any) -> License:
    """A bought license over the union's fleet, waiting to be built."""
    by = by or buyer()
    asked = quote(offer(of, signals=fields.pop("offer_signals", SIGNALS)), by, **fields)
    return licenses.buy_license(quote_id=asked.pk, organization=by, user=person(by), now=asked.created_at)


def clock() -> datetime:
    return timezone.now().astimezone(UTC)
