"""From real drives to every driver's exact share, recomputed from the delivered files."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from pytest_django.plugin import DjangoDbBlocker

from dimo.ledger.models import Account, Entry
from dimo.ledger.selectors import balance_of
from rewards.models import Share
from tests.conftest import reset
from tests.journeys import oracle, world
from tests.journeys.world import World
from tests.services import Services
from vehicles.models import ImportBatch, Trip, Vehicle

if not world.DATA.is_dir():
    pytest.skip(f"the recorded drives are not beside this checkout ({world.DATA.name})", allow_module_level=True)

SOLD = ("wide", "overlap", "research")
MICROS_A_DAY = 86_400_000_000


@pytest.fixture(scope="module")
def lived(
    services: Services,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Built once and committed, as builders read through connections of their own."""
    with django_db_blocker.unblock():
        yield world.build(tmp_path_factory.mktemp("drives"))
        reset(services)


@pytest.fixture(autouse=True)
def _reads(lived: World, db: None) -> None:
    """Each test only looks."""


def names(lived: World, sale: str) -> dict[str, Vehicle]:
    """Pseudonym → vehicle, derived here a second time."""
    license = lived.licenses[sale]
    return {
        oracle.pseudonym(
            master=bytes.fromhex(settings.MASTER_KEY),
            union=str(license.union_id),
            license=str(license.pk),
            epoch=f"{license.bought_at:%Y-%m}",
            salt=bytes(vehicle.salt),
        ): vehicle
        for vehicle in Vehicle.objects.select_related("owner")
    }


def test_all_three_sources_arrive_whole_and_nothing_is_dropped_silently(lived: World) -> None:
    batches = ImportBatch.objects.all()
    assert {batch.state for batch in batches} == {"done"}
    assert {batch.format for batch in batches} == {"envirocar", "teslafi", "twizy"}
    assert len(batches) == 5 + 5 + 14
    assert all(batch.stored for batch in batches.exclude(format="teslafi"))
    assert sum(sum(batch.rejected.values()) for batch in batches) > 0


@pytest.mark.parametrize("sale", SOLD)
def test_every_unit_of_every_share_follows_from_the_delivered_file(lived: World, sale: str) -> None:
    license, known = lived.licenses[sale], names(lived, sale)
    assert license.state == "settled"
    rows = oracle.rows_by_pseudonym(lived.file_of(sale))
    terms = license.quote.terms
    protocol = license.price * license.quote.protocol_fee_bps // 10_000
    treasury = license.price * terms.union_fee_bps // 10_000
    weight = oracle.weights({str(known[pid].public_id): count for pid, count in rows.items()}, terms.split_rule)
    owed = oracle.shares(license.price - protocol - treasury, weight, str(license.pk))
    told = {str(share.vehicle.public_id): share.amount for share in Share.objects.filter(settlement_id=license.pk)}
    assert told == owed
    by_person: Counter[object] = Counter()
    for vehicle in known.values():
        by_person[vehicle.owner.public_id] += owed.get(str(vehicle.public_id), 0)
    paid = entries(license.settlement.journal_id)
    assert {owner: amount for owner, amount in by_person.items() if amount} == paid.pop("driver")
    assert paid == {"treasury": {None: protocol}, "union": {None: treasury}, "escrow": {license.pk: -license.price}}
    assert protocol + treasury + sum(owed.values()) == license.price


def entries(journal: int) -> dict[str, dict[object, int]]:
    found: dict[str, dict[object, int]] = {}
    for entry in Entry.objects.filter(journal_id=journal).select_related("account"):
        found.setdefault(entry.account.kind, {})[entry.account.owner] = entry.amount
    return found


def test_buyers_paid_the_price_and_nothing_stays_held(lived: World) -> None:
    spent = Counter({buyer.pk: 0 for buyer in lived.buyers})
    for sale in SOLD:
        spent[lived.licenses[sale].organization_id] += lived.licenses[sale].price
    for buyer in lived.buyers:
        assert balance_of(kind="buyer", asset="EURC", owner=buyer.pk) == 40_000 * 10**6 + 7 - spent[buyer.pk] > 0
    for license in lived.licenses.values():
        assert balance_of(kind=Account.Kind.ESCROW, asset="EURC", owner=license.pk) == 0


def test_too_few_people_with_battery_data_means_a_full_refund_and_no_file(lived: World) -> None:
    refunded = lived.licenses["refunded"]
    assert (refunded.state, refunded.failure) == ("refunded", "too_few_members")
    assert not refunded.datasets.exists()


def test_trips_uploaded_twice_are_delivered_and_paid_once(lived: World) -> None:
    table = pq.read_table(world.DATA / "envirocar.parquet", columns=["vehicle_id", "ts", "speed_kmh"])
    for key in world.TWIN_CARS:
        car = lived.cars[key][0]
        mine = table.filter(pc.equal(table["vehicle_id"], key))
        rows, moments = mine.num_rows, len(set(mine["ts"].to_pylist()))
        assert moments < rows
        delivered = exact_moments(lived, "research", car, world.SPEED)
        assert len(delivered) == len(set(delivered)) <= moments
        hidden = private_moments(mine, car)
        valued = {ts for ts, speed in zip(*columns(mine), strict=True) if speed is not None and ts not in hidden}
        assert set(delivered) == valued


def columns(table: object) -> tuple[list[object], list[object]]:
    return table["ts"].to_pylist(), table["speed_kmh"].to_pylist()  # type: ignore[index]


def private_moments(table: object, car: Vehicle) -> set[object]:
    private = Trip.objects.filter(vehicle=car, private=True).values_list("started_at", "ended_at")
    return {ts for ts in columns(table)[0] if any(first <= ts <= last for first, last in private)}  # type: ignore[operator]


def exact_moments(lived: World, sale: str, car: Vehicle, signal: str) -> list[object]:
    pid = next(pid for pid, vehicle in names(lived, sale).items() if vehicle == car)
    rows = pq.read_table(lived.file_of(sale)).to_pylist()
    return [row["ts"] for row in rows if row["pid"] == pid and row["signal"] == signal and row["precision"] == "exact"]


def test_what_a_driver_took_back_is_absent_there_and_present_elsewhere(lived: World) -> None:
    car = lived.cars[world.TWIN_CARS[1]][0]
    start, end = world.REVOKED
    for sale in ("wide", "overlap"):
        moments = exact_moments(lived, sale, car, world.SPEED)
        assert moments
        assert not [moment for moment in moments if start <= moment < end]  # type: ignore[operator]
    elsewhere = exact_moments(lived, "research", car, world.SPEED)
    assert [moment for moment in elsewhere if start <= moment < end]  # type: ignore[operator]


def test_a_private_trip_is_in_no_file(lived: World) -> None:
    trip = lived.private_trip
    assert trip is not None
    for sale in SOLD:
        moments = exact_moments(lived, sale, trip.vehicle, world.SPEED)
        assert not [moment for moment in moments if trip.started_at <= moment <= trip.ended_at]  # type: ignore[operator]


def test_a_car_that_allows_only_battery_data_has_no_position_anywhere(lived: World) -> None:
    twizy = lived.cars["twizy"][0]
    seen: Counter[str] = Counter()
    for sale in SOLD:
        pid = next(pid for pid, vehicle in names(lived, sale).items() if vehicle == twizy)
        for row in pq.read_table(lived.file_of(sale)).to_pylist():
            if row["pid"] == pid:
                seen[row["signal"]] += 1
                assert row.get("cell") is None
    assert set(seen) == {world.SOC}


def test_no_file_holds_a_position_finer_than_an_area_or_names_a_vehicle_twice(lived: World) -> None:
    pids: list[str] = []
    for sale in SOLD:
        table = pq.read_table(lived.file_of(sale))
        assert set(table["signal"].to_pylist()) <= {world.CELL, world.SPEED, world.SOC, world.FUEL}
        pids += set(table["pid"].to_pylist())
    assert len(pids) == len(set(pids))


def test_the_file_is_the_one_that_its_manifest_describes(lived: World) -> None:
    for sale in SOLD:
        dataset = lived.licenses[sale].datasets.get()
        listed = dataset.manifest["files"][0]
        path: Path = lived.file_of(sale)
        assert listed["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert listed["rows"] == pq.read_metadata(path).num_rows == dataset.rows
