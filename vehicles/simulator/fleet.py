"""Simulated cars for real accounts: made, driven and stored, and labeled simulated wherever they are shown."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from dimo.users.models import User
from vehicles import registry, telemetry, trips
from vehicles.battery import parked, standing
from vehicles.charging import sessions
from vehicles.models import Source, Vehicle
from vehicles.readings import Message
from vehicles.simulator.cars import BUILDS
from vehicles.simulator.simulation import simulate

POWERTRAINS = ("electric", "combustion", "electric", "plug_in", "hybrid")
NICKNAMES = (
    "Pikku", "Juniper", "Biscuit", "Comet", "Marlowe", "Pepper", "Otter", "Clementine", "Basil", "Zephyr", "Mabel",
    "Rover", "Sparrow", "Nimbus", "Hazel", "Falcon", "Moss", "Ember", "Willow", "Dash", "Olive", "Atlas", "Fern",
    "Cinder",
)  # fmt: skip
KEY = "fleet"  # of the source, before the seed
CHUNK = 10_000


def create_fleet(*, owners: Sequence[User], now: datetime, days: int, seed: int) -> list[Vehicle]:
    """One simulated vehicle for each owner, the last `days` days of its life stored and cut into trips and charges.

    An owner who has this seed's vehicle already keeps it as it is, so that repeating adds nothing. Powertrains
    and models take turns; the same seed gives the same drives for the same `now` and order of owners.
    """
    start = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        known_vehicle(owner, seed * 1000 + number) or new_vehicle(owner, number, seed * 1000 + number, start, now)
        for number, owner in enumerate(owners)
    ]


def known_vehicle(owner: User, seed: int) -> Vehicle | None:
    source = Source.objects.filter(
        kind=Source.Kind.SIMULATOR, external_key=f"{KEY}:{seed}", vehicle__owner=owner, vehicle__retired_at=None
    )
    found = source.select_related("vehicle").first()
    return found.vehicle if found else None


@transaction.atomic
def new_vehicle(owner: User, number: int, seed: int, start: datetime, now: datetime) -> Vehicle:
    powertrain = POWERTRAINS[number % len(POWERTRAINS)]
    builds = BUILDS[powertrain]
    build = builds[number // len(POWERTRAINS) % len(builds)]
    vehicle = registry.register_vehicle(
        owner=owner,
        now=start,
        nickname=NICKNAMES[number % len(NICKNAMES)],
        make=build.make,
        model=build.model,
        year=2018 + number % 7,
        powertrain=powertrain,
        simulated=True,
    )
    source = Source.objects.create(vehicle=vehicle, kind=Source.Kind.SIMULATOR, external_key=f"{KEY}:{seed}")
    store(vehicle=vehicle, source=source, readings=simulate(vehicle=vehicle, start=start, end=now, seed=seed), now=now)
    return vehicle


def store(*, vehicle: Vehicle, source: Source, readings: Iterator[Message], now: datetime) -> None:
    """Store readings in chunks and cut them into trips and charges."""
    first = last = None
    while chunk := list(islice(readings, CHUNK)):
        telemetry.store_readings(vehicle=vehicle, source=source, readings=chunk, now=now)
        first, last = first or chunk[0].ts, chunk[-1].ts
    if first is not None and last is not None:
        trips.cut_trips(vehicle=vehicle, source=source, since=first, until=last, now=now)
        if sessions.cut_sessions(vehicle=vehicle, source=source, since=first, until=last):
            standing.refresh(vehicle=vehicle, now=now)
            while parked.derive(vehicle=vehicle, now=now):
                pass
