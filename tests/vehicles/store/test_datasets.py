"""A dataset does not tell where its days lie: before sealing, after it, with late data and from both tiers at once."""

import pytest

from licensing.datasets import files
from licensing.datasets.build import write_file
from licensing.datasets.claims import Progress
from licensing.datasets.consented import read_consent
from licensing.datasets.hot import measurements
from tests.licensing import factories as make
from tests.licensing.test_build import EVERYTHING
from vehicles.models import Source, Trip
from vehicles.readings import Message
from vehicles.store import days, lake, late, passes, seal

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = make.DRIVE.date()


def built(license) -> bytes:
    """The bytes of the license's file, without delivering it."""
    folder = files.start_folder(license.pk, license.pk)
    progress = Progress(license_id=license.pk, attempt=license.pk, clock=lambda: make.NOW)
    consent = read_consent(license=license, now=make.NOW)
    written = write_file(license=license, consent=consent, folder=folder, progress=progress, k=5)
    assert written.rows
    [path] = folder.glob("*.parquet")
    return path.read_bytes()


def fleet(union):
    """Six members with drives on two days; two of them with a second source that differs, one drove a copied trip."""
    members = make.fleet(union, 6)
    for row in members[:2]:
        make.store(row, [Message(each.ts, {6: each.values[6] + 1, 43: 50.0}) for each in make.drive(count=12)])
    for row in members:
        make.store(row, make.drive(make.DRIVE + make.DAY))
    source = Source.objects.filter(vehicle=members[2].vehicle).first()
    facts = {"vehicle": members[2].vehicle, "source": source, "owner_epoch": 1, "distance_km": 5, "readings": 30}
    end = make.DRIVE + make.DAY / 144
    first = Trip.objects.create(started_at=make.DRIVE - make.DAY, ended_at=make.DRIVE - make.DAY / 2, **facts)
    Trip.objects.create(started_at=make.DRIVE, ended_at=end, duplicate_of=first, **facts)
    return members


@pytest.mark.parametrize(("tier", "signals"), [("pseudonymous_rows", EVERYTHING), ("aggregate", (make.SOC,))])
def test_a_dataset_has_the_same_bytes_before_and_after_its_days_are_sealed(tier, signals):
    union = make.union()
    members = fleet(union)
    license = make.license(union, tier=tier, signals=signals)
    before = built(license)
    seal.seal_day(day=FIRST, now=make.NOW)  # one day in each tier
    assert built(license) == before
    seal.seal_day(day=FIRST + days.ONE, now=make.NOW)
    assert built(license) == before
    passes.seal_due_days(now=make.NOW + make.DAY, day=FIRST)
    assert built(license) == before
    make.store(members[0], make.drive(make.DRIVE + make.DAY / 8, count=5))
    with_late = built(license)
    assert with_late != before
    late.seal_late(day=FIRST)
    assert built(license) == with_late


def test_what_is_to_be_erased_is_in_no_dataset_from_that_moment():
    union = make.union()
    members = fleet(union)
    license = make.license(union, signals=EVERYTHING)
    for day in (FIRST, FIRST + days.ONE):
        seal.seal_day(day=day, now=make.NOW)
    spans = read_consent(license=license, now=make.NOW).spans
    lake.ask(vehicle_id=members[0].vehicle_id)
    with measurements(spans=spans, signal_ids=[6, 43], passed=lambda count: None) as measured:
        left = measured.cold.to_table().column("vehicle_id").unique().to_pylist()
    assert sorted(left) == sorted(row.vehicle_id for row in members[1:])
    asked = built(license)
    lake.delete_vehicle(vehicle_id=members[0].vehicle_id)
    assert built(license) == asked
