"""Real drives of three sources, three unions with different policies, two buyers with overlapping licenses.

Nothing of `shared/data` is in this repository; tests that need it are collected only where it lies beside it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files import File

from dimo.users import operators
from dimo.users.models import User
from licensing import licenses, offers, organizations, quotes
from licensing.datasets.build import build_dataset
from licensing.models import License, Offer, Organization
from rewards import settlement
from unions import consent, founding, levels, membership
from unions.models import Membership, Union
from unions.notices import notice
from unions.presets import PRESETS
from vehicles import imports, trips
from vehicles.models import Trip, Vehicle

DATA = settings.BASE_DIR.parent / "shared" / "data"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
YEARS = (datetime(2016, 1, 1, tzinfo=UTC), datetime(2021, 12, 31, tzinfo=UTC))
SPRING_2017 = (datetime(2017, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC))
SOC, SPEED, CELL, FUEL = "powertrainTractionBatteryStateOfChargeCurrent", "speed", "currentLocationCell7", "obdFuelRate"
REVOKED = (datetime(2017, 3, 1, tzinfo=UTC), datetime(2017, 3, 20, tzinfo=UTC))
TWIN_CARS = ("564b916be4b0a3a81b856f28", "582c30d3e4b01fb1c154819f")  # each has one trip that was uploaded twice
ALL = {"location": "coarse", "behavior": "exact", "battery": "exact", "energy": "exact"}


@dataclass
class World:
    cars: dict[str, list[Vehicle]] = field(default_factory=dict)
    unions: dict[str, Union] = field(default_factory=dict)
    buyers: list[Organization] = field(default_factory=list)
    licenses: dict[str, License] = field(default_factory=dict)
    private_trip: Trip | None = None

    def file_of(self, name: str) -> Path:
        dataset = self.licenses[name].datasets.get()
        found: Path = Path(settings.LAKE_URL) / dataset.folder / dataset.manifest["files"][0]["name"]
        return found


def build(folder: Path) -> World:
    world = World()
    bring_in(world, folder)
    for preset, name in (("open", "Open Roads"), ("research", "Road Research"), ("battery", "Battery Circle")):
        world.unions[preset] = found(preset, name)
    allow_everything_asked(world)
    world.buyers = [organization("Crossing Lab", "academic"), organization("Curb Works", "oem")]
    sell(world)
    return world


def bring_in(world: World, folder: Path) -> None:
    """Each enviroCar car has its own owner; so have the Teslas and the Twizy."""
    table = pq.read_table(DATA / "envirocar.parquet")
    for key in sorted(set(table["vehicle_id"].to_pylist())):
        part = folder / f"{key}.parquet"
        pq.write_table(table.filter(pc.equal(table["vehicle_id"], key)), part)
        world.cars[key] = drives("envirocar", [part], owner=f"{key}@example.org")
    teslas = sorted((DATA / "teslafi_raw").glob("*.csv"))
    world.cars["tesla"] = drives("teslafi", teslas, owner="tesla@example.org", timezone="America/Los_Angeles")
    sessions = sorted((DATA / "twizy").glob("*.csv"))
    world.cars["twizy"] = drives("twizy", sessions, owner="twizy@example.org", timezone="Africa/Casablanca")
    first = world.cars[TWIN_CARS[0]][0]
    world.private_trip = Trip.objects.filter(vehicle=first, duplicate_of=None).order_by("started_at").first()
    assert world.private_trip is not None
    trips.set_private(trip=world.private_trip, private=True)


def drives(format: str, files: list[Path], *, owner: str, timezone: str = "") -> list[Vehicle]:
    user = User.objects.create_user(owner)
    for path in files:
        with path.open("rb") as handle:
            upload = File(handle, name=path.name)
            batch = imports.start_import(owner=user, format=format, file=upload, timezone=timezone, now=NOW)
        imports.run_import(batch_id=batch.pk, now=NOW)
    return list(Vehicle.objects.filter(owner=user).order_by("pk"))


def found(preset: str, name: str) -> Union:
    start = PRESETS[preset]
    founder = User.objects.create_user(f"founder-{preset}@example.org")
    union = founding.found_union(
        founder=founder,
        name=name,
        rules={**start.rules, "k": 3},
        prices=start.prices,
        union_fee_bps=start.union_fee_bps,
        split_rule=start.split_rule,
        now=NOW - timedelta(days=9),
    )
    return founding.open_union(union=union, actor=founder, now=NOW - timedelta(days=9))


def allow_everything_asked(world: World) -> None:
    """enviroCar and Tesla owners allow much; the Twizy's owner only battery data; one takes three weeks back."""
    for key, cars in world.cars.items():
        for car in cars:
            for preset, union in world.unions.items():
                row = membership.join_union(union=union, vehicle=car, member=car.owner, now=NOW - timedelta(days=8))
                wanted = {"battery": "exact"} if key == "twizy" else ALL
                if preset == "battery":
                    wanted = {"battery": "statistics"}
                allow(row, wanted)
    revoked = Membership.objects.get(union=world.unions["open"], vehicle=world.cars[TWIN_CARS[1]][0])
    consent.deny(
        membership=revoked,
        actor=revoked.member,
        notice=notice("deny-1", screen_id="journey"),
        signal_class="behavior",
        data_from=REVOKED[0],
        data_until=REVOKED[1],
        now=NOW - timedelta(days=7),
    )


def allow(row: Membership, wanted: dict[str, str]) -> None:
    for signal_class, level in wanted.items():
        levels.set_level(
            union=row.union,
            vehicle=row.vehicle,
            signal_class=signal_class,
            level=level,
            actor=row.member,
            notice=notice("level-1", screen_id="journey"),
            now=NOW - timedelta(days=8),
            include_history=True,
        )


def operator() -> User:
    person, _ = User.objects.get_or_create(email="operator@example.org", is_staff=True)
    person.groups.add(Group.objects.get(name=operators.NAME))
    return person


def organization(name: str, category: str) -> Organization:
    person = User.objects.create_user(f"{category}@example.org")
    made = organizations.create_organization(name=name, category=category, country="FI", founder=person, now=NOW)
    organizations.verify_organization(organization=made, operator=operator(), now=NOW)
    organizations.top_up(
        organization=made, asset="EURC", amount=40_000 * 10**6 + 7, reference="bank-1", operator=operator(), now=NOW
    )
    return made


def sell(world: World) -> None:
    """Two buyers license overlapping periods and signals; a third sale has too few members and is refunded."""
    crossing, curb = world.buyers
    rows = {"tier": "pseudonymous_rows", "period": YEARS}
    everything = offer(world.unions["open"], (CELL, SPEED, SOC, FUEL), ("ml_training", "research_np"))
    research = offer(world.unions["research"], (CELL, SPEED, SOC), ("research_np",))
    charge = offer(world.unions["battery"], (SOC,), ("research_np",), tier="aggregate")
    buy(world, "wide", everything, crossing, signals=(CELL, SPEED, SOC), purpose="research_np", **rows)
    overlap = {**rows, "period": SPRING_2017}
    buy(world, "overlap", everything, curb, signals=(SPEED, FUEL), purpose="ml_training", **overlap)
    buy(world, "research", research, crossing, signals=(CELL, SPEED), purpose="research_np", **rows)
    statistics = {**rows, "tier": "aggregate"}
    buy(world, "refunded", charge, crossing, signals=(SOC,), purpose="research_np", **statistics)


def offer(union: Union, signals: tuple[str, ...], purposes: tuple[str, ...], tier: str = "pseudonymous_rows") -> Offer:
    return offers.publish_offer(
        union=union,
        actor=union.seats.get().user,
        name="What our cars measured",
        signals=signals,
        tiers=(tier,),
        purposes=purposes,
        now=NOW - timedelta(days=6),
    )


def buy(world: World, name: str, of: Offer, by: Organization, **asked: Any) -> None:
    person = by.seats.get().user
    quote = quotes.make_quote(offer_id=of.pk, organization=by, user=person, now=NOW, **asked)
    license = licenses.buy_license(quote_id=quote.pk, organization=by, user=person, now=NOW)
    build_dataset(license_id=license.pk, clock=lambda: NOW)
    license.refresh_from_db()
    if license.state == License.State.DELIVERED:
        settlement.settle_license(license_id=license.pk, now=NOW)
        license.refresh_from_db()
    world.licenses[name] = license
