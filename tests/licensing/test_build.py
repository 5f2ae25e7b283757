"""A build delivers what was consented, once, counts it in the file, and refunds everything where it cannot."""

import hashlib
import json

import pyarrow.parquet as pq
import pytest

from dimo.crypto import pid
from dimo.ledger.models import Account
from dimo.ledger.selectors import balance_of
from licensing.datasets import files
from licensing.datasets.build import build_dataset
from licensing.models import Contribution, Dataset, License
from tests.licensing import factories as make
from tests.unions import factories as unions
from vehicles.models import Trip

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = (make.SOC, make.SPEED, make.LATITUDE, make.LONGITUDE, make.CELL)


def build(license: License) -> License:
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)
    license.refresh_from_db()
    return license


def rows_of(license: License) -> list[dict]:
    return pq.read_table(files.lake() / license.datasets.get().folder / "rows.parquet").to_pylist()


def pid_of(license: License, row) -> str:
    row.vehicle.refresh_from_db()
    return pid(
        union=str(license.union_id),
        license=str(license.pk),
        epoch=f"{license.bought_at:%Y-%m}",
        salt_v=bytes(row.vehicle.salt),
    )


def test_a_build_delivers_every_consented_row_and_counts_it_per_vehicle():
    union = make.union()
    fleet = make.fleet(union, 6)
    license = build(make.license(union))
    assert license.state == License.State.DELIVERED
    assert Dataset.objects.get(license=license).rows == 6 * 30 * 2 == len(rows_of(license))
    counted = dict(Contribution.objects.filter(license=license).values_list("vehicle_id", "rows"))
    assert counted == {row.vehicle_id: 60 for row in fleet}


def test_the_manifest_names_the_file_by_its_hash_and_its_columns_in_order():
    union = make.union()
    make.fleet(union, 6)
    license = build(make.license(union, signals=EVERYTHING))
    folder = files.lake() / license.datasets.get().folder
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    table = pq.read_table(folder / "rows.parquet")
    assert manifest["files"][0]["sha256"] == hashlib.sha256((folder / "rows.parquet").read_bytes()).hexdigest()
    assert [column["name"] for column in manifest["columns"]] == table.column_names
    assert (manifest["rows"], manifest["vehicles"]) == (table.num_rows, 6)
    assert manifest["simulated"] == "all"
    assert manifest == license.datasets.get().manifest


def test_a_driver_who_allows_only_battery_has_no_position_anywhere():
    union = make.union()
    fleet = make.fleet(union, 6)
    shy = make.member(union, levels={"battery": "exact"})
    license = build(make.license(union, signals=EVERYTHING))
    rows = rows_of(license)
    assert {row["signal"] for row in rows if row["pid"] == pid_of(license, shy)} == {make.SOC}
    bold = {row["signal"] for row in rows if row["pid"] == pid_of(license, fleet[0])}
    assert bold == {make.SOC, make.SPEED, make.LATITUDE, make.LONGITUDE, make.CELL}


def test_a_driver_who_allows_areas_gives_no_exact_position_and_blurred_rows():
    union = make.union()
    make.fleet(union, 6)
    coarse = make.member(union, levels={"location": "coarse", "battery": "coarse"})
    license = build(make.license(union, signals=EVERYTHING))
    mine = [row for row in rows_of(license) if row["pid"] == pid_of(license, coarse)]
    assert {row["signal"] for row in mine} == {make.SOC, make.CELL}
    assert {row["precision"] for row in mine} == {"coarse"}
    assert len({row["ts"] for row in mine if row["signal"] == make.CELL}) <= 4  # half an hour in bins of 15 minutes


def test_statistics_consent_alone_gives_no_row():
    union = make.union()
    make.fleet(union, 6)
    quiet = make.member(union, levels={"battery": "statistics", "behavior": "statistics"})
    license = build(make.license(union))
    assert pid_of(license, quiet) not in {row["pid"] for row in rows_of(license)}
    assert not Contribution.objects.filter(license=license, vehicle=quiet.vehicle).exists()


def test_a_private_trip_and_a_withdrawn_class_are_absent():
    union = make.union()
    fleet = make.fleet(union, 6)
    hidden = fleet[0]
    source = make.store(hidden, make.drive(make.DRIVE + make.DAY))
    Trip.objects.create(
        vehicle=hidden.vehicle,
        owner_epoch=1,
        source=source,
        started_at=make.DRIVE + make.DAY,
        ended_at=make.DRIVE + 2 * make.DAY,
        distance_km=5,
        readings=30,
        private=True,
    )
    unions.allow(fleet[1], "behavior", "off", now=make.NOW)
    license = build(make.license(union))
    rows = rows_of(license)
    mine = [row for row in rows if row["pid"] == pid_of(license, hidden)]
    assert len(mine) == 60
    assert max(row["ts"] for row in mine) < make.DRIVE + make.DAY
    assert {row["signal"] for row in rows if row["pid"] == pid_of(license, fleet[1])} == {make.SOC}


def test_pseudonyms_differ_between_licenses_and_the_same_license_has_the_same_bytes():
    union = make.union()
    make.fleet(union, 6)
    buyer = make.buyer()
    first, second = (build(make.license(union, buyer)) for _ in range(2))
    assert not {row["pid"] for row in rows_of(first)} & {row["pid"] for row in rows_of(second)}
    again = rebuilt(first)
    assert again == (files.lake() / first.datasets.get().folder / "rows.parquet").read_bytes()


def rebuilt(license: License) -> bytes:
    """The bytes of the same license built once more, without delivering."""
    from licensing.datasets import build as steps
    from licensing.datasets.claims import Progress
    from licensing.datasets.consented import read_consent

    folder = files.start_folder(license.pk, license.pk)
    progress = Progress(license_id=license.pk, attempt=license.pk, clock=lambda: make.NOW)
    steps.write_file(
        license=license, consent=read_consent(license=license, now=make.NOW), folder=folder, progress=progress, k=5
    )
    return (folder / "rows.parquet").read_bytes()


def test_too_few_members_in_the_file_refund_everything():
    union = make.union()
    make.fleet(union, 4)
    make.member(union, messages=[])  # allows, but measured nothing
    buyer = make.buyer()
    license = build(make.license(union, buyer))
    assert (license.state, license.failure) == (License.State.REFUNDED, "too_few_members")
    assert not Contribution.objects.exists()
    assert not Dataset.objects.exists()
    assert not (files.lake() / "licenses" / str(license.pk)).exists()
    assert balance_of(kind=Account.Kind.BUYER, asset="EURC", owner=buyer.pk) == 10_000 * make.EURO
    assert balance_of(kind=Account.Kind.ESCROW, asset="EURC", owner=license.pk) == 0


def test_one_person_with_many_vehicles_is_not_many_members():
    union = make.union()
    owner = unions.user()
    for _ in range(6):
        make.member(union, owner=owner)
    with pytest.raises(Exception, match="Fewer members") as refused:
        make.license(union)
    assert refused.value.code == "too_few_members"


def test_statistics_count_the_readings_that_entered_them():
    union = make.union()
    make.fleet(union, 6)
    quiet = make.member(union, levels={"battery": "statistics"})
    license = build(make.license(union, tier="aggregate", signals=(make.SOC,)))
    table = pq.read_table(files.lake() / license.datasets.get().folder / "statistics.parquet")
    assert table.column_names == ["signal", "day", "vehicles", "mean"]
    assert table.num_rows == 1
    assert Contribution.objects.get(license=license, vehicle=quiet.vehicle).rows == 30
    assert license.datasets.get().manifest["vehicles"] == 5
    assert license.datasets.get().vehicles == 7


def test_weights_follow_the_split_rule_of_the_terms():
    union = make.union(split_rule="rows_capped")
    make.fleet(union, 20)
    chatty = make.member(union, messages=make.drive(count=300, step=10))
    license = build(make.license(union))
    loud = Contribution.objects.get(license=license, vehicle=chatty.vehicle)
    assert loud.rows == 600
    assert loud.weight == 60
