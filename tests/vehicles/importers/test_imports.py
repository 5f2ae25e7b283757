from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection

from tests.vehicles.factories import NOW, make_user, make_vehicle
from tests.vehicles.importers.files import asleep, geojson, point, teslafi_csv, teslafi_row, track
from vehicles import imports, loading
from vehicles.importers.parsed import FileCompressed, FormatUnknown, ZoneMissing
from vehicles.models import ImportBatch, RejectionCount, Source, Trip, Vehicle
from vehicles.registry import NotTheOwner

pytestmark = pytest.mark.django_db
START = datetime(2020, 5, 4, 8, 0, tzinfo=UTC)


def driven(minutes: int = 20, car: str = "car-1", since: datetime = START, name: str = "track-1", lat=10.0) -> str:
    clock = [f"{since + timedelta(seconds=5 * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(minutes * 12)]
    measured = {"Speed": 40.0, "Rpm": 1500.0, "Consumption": 3.0}
    points = [point(at, lat + n * 0.0005, 20.0, **measured) for n, at in enumerate(clock)]
    return geojson(track(*points, car=car, name=name, manufacturer="Kumo", model="One"))


def start(owner, content: str | bytes, name="track.geojson", format="envirocar", timezone="", **more) -> ImportBatch:
    file = ContentFile(content if isinstance(content, bytes) else content.encode(), name=name)
    return imports.start_import(owner=owner, format=format, file=file, timezone=timezone, now=NOW, **more)


def run(owner, content, **more) -> ImportBatch:
    return imports.run_import(batch_id=start(owner, content, **more).pk, now=NOW)


def stored_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM message")
        return cursor.fetchone()[0]


def test_a_file_becomes_a_vehicle_readings_and_a_trip():
    owner = make_user()
    batch = run(owner, driven())
    assert (batch.state, batch.stored, batch.duplicate, batch.rejected) == ("done", 240 * 5, 0, {})
    assert (batch.done_rows, batch.total_rows, batch.finished_at) == (240, 240, NOW)
    vehicle = Vehicle.objects.get(owner=owner)
    assert (vehicle.make, vehicle.model, vehicle.simulated) == ("Kumo", "One", False)
    assert Source.objects.get(vehicle=vehicle).external_key == "car-1"
    [trip] = Trip.objects.filter(vehicle=vehicle)
    assert trip.started_at == START
    assert trip.distance_km == pytest.approx(239 * 0.0005 * 111.195, rel=0.01)


def test_the_same_file_again_is_all_duplicate_and_makes_no_second_car_or_trip():
    owner = make_user()
    first, again = run(owner, driven()), run(owner, driven())
    assert (again.stored, again.duplicate) == (0, first.stored)
    assert stored_rows() == 240
    assert Vehicle.objects.count() == Trip.objects.count() == 1


def test_a_trip_uploaded_under_another_name_is_stored_once():
    owner = make_user()
    run(owner, driven())
    again = run(owner, driven(name="track-2"))
    assert (again.stored, Trip.objects.count()) == (0, 1)


def test_two_people_with_one_file_have_a_car_each_and_one_trip_counts():
    run(make_user(), driven())
    run(make_user(), driven())
    assert Vehicle.objects.count() == 2
    assert sorted(trip.duplicate_of_id is None for trip in Trip.objects.all()) == [False, True]


def test_several_cars_of_a_file_become_one_vehicle_each_and_stay_apart():
    owner = make_user()
    rows = [
        teslafi_row(f"2020-01-01 10:{n:02}:00", vehicle_id=str(11 + n % 2), odometer=str(1000 + n)) for n in range(10)
    ]
    batch = run(
        owner, teslafi_csv(*rows, asleep("2020-01-01 10:30:00")), name="t.csv", format="teslafi", timezone="UTC"
    )
    assert batch.rejected == {"blank_row": 1}
    assert set(batch.sources.values_list("external_key", flat=True)) == {"11", "12"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT vehicle_id, count(*) FROM message GROUP BY 1")
        assert [count for _, count in cursor.fetchall()] == [5, 5]


def test_everything_goes_to_a_named_vehicle_unless_the_file_has_several_cars():
    owner = make_user()
    vehicle = make_vehicle(owner=owner)
    batch = run(owner, driven(), vehicle=vehicle)
    assert (batch.state, Vehicle.objects.count()) == ("done", 1)
    assert batch.sources.get().vehicle == vehicle
    rows = [teslafi_row(f"2020-01-01 10:0{n}:00", vehicle_id=str(n)) for n in (1, 2)]
    several = run(owner, teslafi_csv(*rows), name="t.csv", format="teslafi", timezone="UTC", vehicle=vehicle)
    assert several.state == "failed"
    assert "several cars" in several.failure


def test_a_file_that_breaks_off_at_its_end_stores_nothing_at_all(monkeypatch):
    monkeypatch.setattr(loading, "CHUNK", 5)
    owner = make_user()
    rows = [teslafi_row(f"2020-01-01 10:{n:02}:00") for n in range(40)]
    batch = run(owner, teslafi_csv(*rows)[:-80], name="t.csv", format="teslafi", timezone="UTC")
    assert batch.state == "failed"
    assert "Line 41" in batch.failure
    assert (batch.stored, stored_rows(), Vehicle.objects.count()) == (0, 0, 0)


def test_readings_of_one_moment_are_not_parted_by_a_chunks_end(monkeypatch):
    monkeypatch.setattr(loading, "CHUNK", 2)
    at = ["10:00:00", "10:00:01", "10:00:01", "10:00:02"]
    rows = [teslafi_row(f"2020-01-01 {clock}", odometer=str(1000 + n)) for n, clock in enumerate(at)]
    batch = run(make_user(), teslafi_csv(*rows), name="t.csv", format="teslafi", timezone="UTC")
    assert batch.rejected == {"superseded": 1}


def test_refusals_are_counted_by_reason_for_the_batch_and_by_signal_for_the_source():
    points = [point(f"2020-05-04T08:00:{n:02}Z", 0.0, 0.0, Speed=500.0, Rpm=900.0) for n in range(3)]
    batch = run(make_user(), geojson(track(*points)))
    assert batch.rejected == {"null_island": 3, "missing": 3, "out_of_range": 3}
    counted = RejectionCount.objects.filter(source__batch=batch).values_list("signal", "code", "count")
    assert set(counted) == {
        ("currentLocationCoordinates", "null_island", 3),
        ("obdFuelRate", "missing", 3),
        ("speed", "out_of_range", 3),
    }


def test_a_run_that_was_killed_halfway_starts_from_a_clean_slate():
    owner = make_user()
    batch = start(owner, driven())
    batch.state, batch.stored, batch.rejected = "running", 999, {"blank_row": 9}
    batch.save()
    other = run(owner, driven(minutes=10))
    Source.objects.filter(batch=other).update(batch=batch)
    finished = imports.run_import(batch_id=batch.pk, now=NOW)
    assert (finished.stored, finished.duplicate, finished.rejected) == (1200, 0, {})
    assert stored_rows() == 240


def test_a_finished_import_is_left_alone():
    batch = run(make_user(), driven())
    again = imports.run_import(batch_id=batch.pk, now=NOW + timedelta(days=1))
    assert (again.finished_at, again.stored) == (NOW, batch.stored)


def test_two_imports_of_one_person_do_not_run_at_once():
    owner = make_user()
    batch = start(owner, driven())
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [imports.LOCK, owner.pk])
        with pytest.raises(imports.ImportBusy):
            imports.run_import(batch_id=batch.pk, now=NOW)
    finally:
        other.close()
    assert imports.run_import(batch_id=batch.pk, now=NOW).state == "done"


def test_undo_takes_back_readings_trips_and_charts_of_that_import_alone():
    owner = make_user()
    kept = run(owner, driven())
    batch = run(owner, driven(since=START + timedelta(hours=5), name="later"))
    assert (stored_rows(), Trip.objects.count()) == (480, 2)
    undone = imports.undo_import(batch_id=batch.pk, now=NOW)
    assert (undone.state, undone.stored) == ("undone", 1200)
    assert stored_rows() == 240
    assert [trip.source.batch_id for trip in Trip.objects.all()] == [kept.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(bucket) FROM rollup_1m")
        assert cursor.fetchone()[0] < START + timedelta(hours=1)
    assert imports.undo_import(batch_id=batch.pk, now=NOW + timedelta(days=1)).finished_at == NOW
    assert run(owner, driven(since=START + timedelta(hours=5), name="later")).stored == 1200


def test_a_running_import_cannot_be_undone():
    batch = start(make_user(), driven())
    with pytest.raises(imports.ImportUnfinished):
        imports.undo_import(batch_id=batch.pk, now=NOW)


def test_the_uploaded_file_is_deleted_once_it_is_read():
    batch = start(make_user(), driven())
    place = Path(settings.MEDIA_ROOT) / batch.path
    assert place.stat().st_mode & 0o777 == 0o600
    imports.run_import(batch_id=batch.pk, now=NOW)
    assert not place.exists()


def test_an_import_whose_file_is_gone_fails_and_says_so():
    batch = start(make_user(), driven())
    (Path(settings.MEDIA_ROOT) / batch.path).unlink()
    assert "upload it again" in imports.run_import(batch_id=batch.pk, now=NOW).failure


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"format": "geotab"}, FormatUnknown),
        ({"timezone": "Mars/Base"}, imports.ZoneUnknown),
        ({"timezone": "America"}, imports.ZoneUnknown),
        ({"format": "teslafi", "name": "t.csv"}, ZoneMissing),
        ({"content": b"PK\x03\x04zip"}, FileCompressed),
    ],
)
def test_what_cannot_be_imported_is_refused_before_it_is_kept(changes, error):
    facts = {"owner": make_user(), "content": driven(minutes=1), **changes}
    with pytest.raises(error):
        start(**facts)
    assert not ImportBatch.objects.exists()


def test_nobody_imports_into_a_neighbors_vehicle():
    with pytest.raises(NotTheOwner):
        start(make_user(), driven(), vehicle=make_vehicle())


def test_text_of_a_file_is_made_fit_for_a_page():
    hostile = geojson(track(point("2020-05-04T08:00:00Z", Speed=1.0), manufacturer="A\u0000\u202e" + "b" * 200))
    run(make_user(), hostile)
    assert Vehicle.objects.get().make == "A" + "b" * 57


def test_a_lost_import_is_found_again_and_a_finished_one_is_not():
    owner = make_user()
    run(owner, driven())
    waiting = start(owner, driven(since=START + timedelta(days=1)))
    assert imports.unfinished_imports(before=NOW) == []
    assert imports.unfinished_imports(before=NOW + timedelta(seconds=1)) == [waiting.pk]
