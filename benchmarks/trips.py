"""A month of trips as its driver reads it: the diary's whole page, rendered, and the same month by the API.

Beside it lie the trips of a fleet. Some of the month's trips are tagged, noted, withheld, doubted, named and priced.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.database import database
from benchmarks.report import record
from benchmarks.taking import Taken, taken

FLEET, A_DAY, DAYS, FIRST = 2000, 3, 31, date(2026, 10, 1)
COPIES = """
INSERT INTO vehicles_trip ({columns})
SELECT {values} FROM vehicles_trip t, unnest(%s::int8[], %s::int8[]) v(vehicle, source)
WHERE t.vehicle_id = %s
"""


def main() -> None:
    with database(cache=True) as postgres, postgres.connect() as session:
        questions(record, session)


def questions(note: Callable[..., None], session: Any) -> None:
    """The page and the API's answer; the limit is of processor time, which other work on the machine leaves alone."""
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    call_command("collectstatic", interactive=False, verbosity=0)
    vehicle = month(session)
    browser = Client(HTTP_HOST="localhost")
    browser.force_login(vehicle.owner)
    page = f"{reverse('trips')}?month={FIRST:%Y-%m}"
    until = FIRST + timedelta(days=DAYS)
    asked = f"?from={FIRST}T00:00:00Z&to={until}T00:00:00Z&page_size={A_DAY * DAYS}"
    api = reverse("api-trips", args=[vehicle.public_id]) + asked
    for word, address, found in (
        ("page", page, lambda answer: answer.content.count(b'class="entry"')),
        ("API", api, lambda answer: len(answer.json()["results"])),
    ):
        assert found(browser.get(address, secure=True)) == A_DAY * DAYS, word
        spent: Taken = taken(lambda address=address: browser.get(address, secure=True), 25)
        note(f"store, trips of a month, {word}", spent.clock * 1000, "ms", None, None)
        note(f"store, trips of a month, {word}, processor", spent.processor * 1000, "ms", 50, None)


def month(session: Any) -> Any:
    """A driver's vehicle with its month, and as many trips of each other vehicle of a fleet."""
    from dimo.users.models import User
    from vehicles.models import EnergyPrice, NamedArea, Source, Trip, Vehicle

    owner, others = (User.objects.create_user(f"{name}@example.org") for name in ("driver", "others"))
    vehicle = Vehicle.objects.create(owner=owner, powertrain="electric")
    source = Source.objects.create(vehicle=vehicle, kind="simulator")
    Trip.objects.bulk_create(one(vehicle, source, n) for n in range(A_DAY * DAYS))
    EnergyPrice.objects.create(
        vehicle=vehicle, owner_epoch=1, period=(date(2020, 1, 1), None), currency="EUR", home_per_kwh="0.31"
    )
    NamedArea.objects.create(owner=owner, cell=1, name="Work")
    fleet = Vehicle.objects.bulk_create(Vehicle(owner=others) for _ in range(FLEET))
    sources = Source.objects.bulk_create(Source(vehicle=each, kind="simulator") for each in fleet)
    own = {"id": "DEFAULT", "vehicle_id": "v.vehicle", "source_id": "v.source", "public_id": "gen_random_uuid()"}
    names = [field.column for field in Trip._meta.concrete_fields if field.column != "id"]
    session.execute(
        COPIES.format(columns=", ".join(names), values=", ".join(own.get(name, f"t.{name}") for name in names)),
        [[each.pk for each in fleet], [each.pk for each in sources], vehicle.pk],
    )
    session.execute("VACUUM ANALYZE vehicles_trip")
    return vehicle


def one(vehicle: Any, source: Any, number: int) -> Any:
    """A drive among others of its day."""
    from vehicles.models import Trip

    start = datetime(FIRST.year, FIRST.month, FIRST.day, 6, tzinfo=UTC)
    start += timedelta(days=number // A_DAY, hours=number % A_DAY * 5)
    return Trip(
        public_id=uuid.uuid4(),
        vehicle=vehicle,
        owner_epoch=1,
        source=source,
        started_at=start,
        ended_at=start + timedelta(minutes=35),
        distance_km=23.4,
        readings=2100,
        max_speed_kmh=104,
        energy_kwh=4.1,
        energy_by="counter",
        stops=number % 3,
        start_cell=1 if number % 2 else None,
        end_cell=2,
        doubts={"teleport": 2} if number % 20 == 0 else {},
        private=number % 10 == 0,
        tag=("", "business", "private")[number % 3],
        note="To the customer" if number % 4 == 0 else "",
        marks=list(range(number * 100, number * 100 + 100)),
    )


if __name__ == "__main__":
    main()
