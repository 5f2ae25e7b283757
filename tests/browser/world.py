"""A small world of today: a driver among drivers, two unions, a buyer with a settled sale. Made by the rules."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from dimo.users.models import User
from licensing import licenses, quotes
from licensing.datasets.build import build_dataset
from licensing.licenses import note_download
from licensing.models import License, Offer, Organization, Quote
from licensing.offers import publish_offer
from rewards.settlement import settle_license
from tests.licensing import factories as licensing
from tests.unions import factories as unions
from tests.vehicles.factories import drive, make_source
from tests.vehicles.importers.files import geojson, point, track
from unions.models import Membership, Union
from vehicles import imports, registry, telemetry, trips
from vehicles.models import ImportBatch, Trip, Vehicle
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, ODOMETER
from vehicles.simulator.town import degrees

DAY = timedelta(days=1)
DRIVERS = 6
SIGNALS = (licensing.SOC, licensing.SPEED, licensing.LATITUDE, licensing.LONGITUDE, licensing.CELL)


@dataclass
class World:
    driver: User
    car: Vehicle
    trip: Trip
    batch: ImportBatch
    union: Union
    asked: Union
    founder: User
    buyer: Organization
    person: User
    offer: Offer
    quote: Quote
    sale: License


def build() -> World:
    """Everything committed, and of the last week, so that pages that show "now" have something to show."""
    now = timezone.now()
    driver = User.objects.create_user("maya@example.org", name="Maya Kivi")
    car = add_car(driver, now=now)
    union = found("Nordic EV Union", now=now)
    row = unions.member(union, vehicle=car, now=now - 9 * DAY)
    allow(row, now=now)
    add_neighbors(union, now=now)
    asked = found("City Couriers", now=now, admission="approval")
    unions.member(asked, now=now - DAY)
    buyer = licensing.buyer()
    person = licensing.person(buyer)
    sale = settled(sell(union, buyer, now=now))
    trip = Trip.objects.filter(vehicle=car).latest("started_at")
    return World(
        driver, car, trip, bring_in(driver, now), union, asked, union.seats.get().user, buyer, person,
        sale.quote.offer, ask(sale.quote.offer, buyer, now=now), sale,
    )  # fmt: skip


def measured(start: datetime, road: int) -> list[Message]:
    """Ten minutes north on one of many parallel roads, with charge and odometer. Two cars on one road were one car."""
    lat, lon = degrees((300.0 * road - 900.0, -2500.0))
    return [
        Message(message.ts, {**message.values, BATTERY_LEVEL: 80 - n / 30, ODOMETER: 48_000 + n / 10})
        for n, message in enumerate(drive(start, lat=lat, lon=lon))
    ]


def add_car(owner: User, *, now: datetime, nickname: str = "Pikku", road: int = 0) -> Vehicle:
    """A vehicle with three drives of the last days, cut into trips."""
    car = registry.register_vehicle(
        owner=owner, now=now - 30 * DAY, nickname=nickname, make="Hyundai", model="Ioniq 5", year=2023,
        powertrain="electric", timezone="Europe/Helsinki",
    )  # fmt: skip
    give_drives(car, now=now, road=road)
    return car


def give_drives(car: Vehicle, *, now: datetime, road: int = 0) -> list[Trip]:
    source = make_source(car)
    starts = [now - 4 * DAY, now - 3 * DAY, now - timedelta(hours=2)]
    readings = [message for start in starts for message in measured(start, road)]
    telemetry.store_readings(vehicle=car, source=source, readings=readings, now=now)
    return trips.cut_trips(vehicle=car, source=source, since=starts[0], until=now, now=now)


def found(name: str, *, now: datetime, **fields: str) -> Union:
    return unions.union(name=name, prices=licensing.PRICES, now=now - 10 * DAY, tagline="Fairly shared.", **fields)


def allow(row: Membership, *, now: datetime) -> None:
    for signal_class, level in licensing.LEVELS.items():
        unions.allow(row, signal_class, level, now=now - 8 * DAY, include_history=True)


def add_neighbors(union: Union, *, now: datetime, count: int = DRIVERS - 1) -> None:
    for road in range(1, count + 1):
        car = add_car(unions.user(), now=now, nickname=f"Neighbor {road}", road=road)
        allow(unions.member(union, vehicle=car, now=now - 9 * DAY), now=now)


def ask(offer: Offer, buyer: Organization, *, now: datetime) -> Quote:
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
    return quotes.make_quote(
        offer_id=offer.pk, organization=buyer, user=licensing.person(buyer),
        period=(midnight - 7 * DAY, midnight), signals=(licensing.SOC, licensing.SPEED), tier="pseudonymous_rows",
        purpose="research_np", now=now,
    )  # fmt: skip


def sell(union: Union, buyer: Organization, *, now: datetime) -> License:
    """An offer of everything, bought once."""
    person = licensing.person(buyer)
    offer = publish_offer(
        union=union, actor=union.seats.get().user, name="Driving and charging", signals=SIGNALS,
        tiers=("aggregate", "pseudonymous_rows"), purposes=("research_np",), now=now,
        description="Charge, speed and place of everyday drives.",
    )  # fmt: skip
    quote = ask(offer, buyer, now=now)
    return licenses.buy_license(quote_id=quote.pk, organization=buyer, user=person, now=now)


def settled(sale: License) -> License:
    """Built, downloaded and paid."""
    build_dataset(license_id=sale.pk)
    sale.refresh_from_db()
    assert sale.state == License.State.DELIVERED, sale.failure
    settle_license(license_id=sale.pk)
    note_download(license=sale, user=sale.bought_by, name="rows.parquet", now=timezone.now())
    sale.refresh_from_db()
    return sale


def bring_in(owner: User, now: datetime) -> ImportBatch:
    """A recorded drive of another car, brought in from a file."""
    start = datetime(2020, 5, 4, 8, 0, tzinfo=UTC)
    clock = [f"{start + timedelta(seconds=5 * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(240)]
    points = [point(at, 10 + n * 0.0005, 20.0, Speed=40.0) for n, at in enumerate(clock)]
    file = ContentFile(geojson(track(*points, manufacturer="Kumo", model="One")).encode(), name="drive.geojson")
    batch = imports.start_import(owner=owner, format="envirocar", file=file, timezone="", now=now)
    return imports.run_import(batch_id=batch.pk, now=now)
