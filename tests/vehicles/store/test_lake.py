"""Erasing from every tier, the command, and the same lake on a real S3 server."""

import json
from io import StringIO

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from tests.vehicles.store import world
from tests.vehicles.store.object_storage import object_storage, s3_address  # noqa: F401
from vehicles import latest, telemetry
from vehicles.models import LakeErasure, SealedDay, Source
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, ODOMETER, SPEED
from vehicles.store import days, lake, passes, seal, table

pytestmark = pytest.mark.django_db(transaction=True)


def on_disk(folder) -> set[int]:
    """Vehicles in any file below the lake, whether or not a version of the table names it."""
    files = [str(path) for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts]
    return set(ds.dataset(files, format="parquet").to_table(columns=["vehicle_id"]).column(0).to_pylist())


def encodings(folder) -> set[str]:
    """How the moments in the lake's files are written."""
    groups = [pq.ParquetFile(path).metadata.row_group(0) for path in folder.rglob("*.parquet")]
    columns = [group.column(at) for group in groups for at in range(group.num_columns)]
    return {name for column in columns if column.path_in_schema == "ts" for name in column.encodings if name != "RLE"}


def in_postgres(vehicle_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM message WHERE vehicle_id = %(v)s)"
            " + (SELECT count(*) FROM late_message WHERE vehicle_id = %(v)s)"
            " + (SELECT count(*) FROM rollup_5m WHERE vehicle_id = %(v)s)",
            {"v": vehicle_id},
        )
        return cursor.fetchone()[0]


def test_an_erased_vehicle_is_in_no_file_and_no_table_and_the_others_are_whole(folder):
    sources = world.fleet(days=2)
    gone, *others = sources
    seal.seal_day(day=world.DAY, now=world.NOW)
    world.store(gone, world.messages(world.START + days.ONE / 4, count=5))
    before = world.everything(others)
    assert on_disk(folder) == {source.vehicle_id for source in sources}
    assert delete(gone) == 120  # and 15 that never reached the lake
    assert on_disk(folder) == {source.vehicle_id for source in others}
    assert encodings(folder) == {"DELTA_BINARY_PACKED"}  # what an erasure writes anew is laid out as before
    assert (in_postgres(gone.vehicle_id), world.everything([gone]).num_rows) == (0, 0)
    assert world.everything(others).equals(before)
    assert SealedDay.objects.get().rows == 2 * 120
    assert (delete(gone), LakeErasure.objects.count()) == (0, 0)
    assert delete(another := others[0]) == 120
    assert on_disk(folder) == {others[1].vehicle_id}
    assert in_postgres(another.vehicle_id) == 0


def delete(source, **limits) -> int:
    return lake.delete_vehicle(vehicle_id=source.vehicle_id, **limits)


def test_a_part_of_the_time_or_one_source_can_go_alone():
    sources = world.fleet(1)
    world.store(sources[0], world.messages(world.START + days.ONE / 4, count=10))
    seal.seal_day(day=world.DAY, now=world.NOW)
    middle = world.START + days.ONE / 8
    assert delete(sources[0], since=middle, until=middle + days.ONE) == 30
    left = world.everything(sources)
    assert (left.num_rows, max(left.column("ts").to_pylist()) < middle) == (120, True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(e) FROM rollup_5m, unnest(n) e")
        assert cursor.fetchone() == (120,)
    assert delete(sources[0], source_ids=[sources[0].pk + 1]) == 0
    assert delete(sources[0], source_ids=[sources[0].pk]) == 120


def test_from_the_moment_it_is_asked_nobody_reads_it_and_the_next_pass_finishes_it(folder):
    sources = world.fleet()
    seal.seal_day(day=world.DAY, now=world.NOW)
    passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    lake.ask(vehicle_id=sources[0].vehicle_id)
    assert world.everything(sources).num_rows == 2 * 120
    assert sources[0].vehicle_id in on_disk(folder)
    passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    assert sources[0].vehicle_id not in on_disk(folder)
    assert not LakeErasure.objects.exists()


def test_files_are_not_deleted_within_a_transaction_that_could_be_taken_back():
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        lake.delete_vehicle(vehicle_id=1)


def test_the_command_says_what_it_did():
    world.fleet(1)
    out = StringIO()
    call_command("seal", "--day", "2025-03-05", "--json", stdout=out)
    assert json.loads(out.getvalue()) == [{"day": "2025-03-05", "step": "sealed", "rows": 120}]
    out = StringIO()
    call_command("seal", "--day", "2025-03-05", stdout=out)
    assert out.getvalue() == "Nothing was due.\n"
    with pytest.raises(CommandError, match="stays open until"):
        call_command("seal", "--day", "2090-01-01")
    with pytest.raises(CommandError, match="no day"):
        call_command("seal", "--day", "yesterday")


def test_a_lake_on_object_storage_seals_reads_takes_late_data_and_erases(object_storage):  # noqa: F811
    sources = world.fleet()
    before = world.everything(sources)
    seal.seal_day(day=world.DAY, now=world.NOW)
    assert world.everything(sources).equals(before)
    world.store(sources[0], world.messages(world.START + days.ONE / 4, count=5))
    passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    assert SealedDay.objects.get().state == "dropped"
    assert world.everything(sources).num_rows == before.num_rows + 15
    delete(sources[0])
    names = [each["Key"] for each in object_storage.list_objects_v2(Bucket=settings.LAKE_URL.split("/")[2])["Contents"]]
    assert [name for name in names if name.endswith(".parquet")] == [
        f"fleet/signals/{name}" for name in SealedDay.objects.get().files
    ]
    assert world.everything(sources).num_rows == 2 * 120
    assert table.open_table().to_pyarrow_dataset().count_rows() == 2 * 120


def test_undoing_a_source_after_sealing_leaves_the_others_values_minutes_and_last_values():
    [source] = world.fleet(1)
    other = Source.objects.create(vehicle=source.vehicle, kind=Source.Kind.SIMULATOR)
    world.store(other, [Message(world.START + days.ONE / 4, {SPEED: 99.0, 36: 12.0})])
    seal.seal_day(day=world.DAY, now=world.NOW)
    passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    world.store(other, [Message(world.START + days.ONE / 3, {SPEED: 98.0})])
    before = world.everything([source])
    assert telemetry.delete_readings(source=other) == 2
    assert world.everything([source]).num_rows == before.num_rows - 3 == 120
    assert not LakeErasure.objects.exists()
    last = latest.read(vehicle_id=source.vehicle_id).last
    assert {signal: reading.ts for signal, reading in last.items()} == dict.fromkeys(
        (SPEED, ODOMETER, BATTERY_LEVEL), world.messages()[-1].ts
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n), max(max) FILTER (WHERE signal_id = %s) FROM rollup_1m", [SPEED])
        assert cursor.fetchone() == (120, 39.5)
        cursor.execute(
            "SELECT sum(e.n), max(e.sum / e.n) FILTER (WHERE signal_id = %s)"
            " FROM rollup_5m r, unnest(r.n, r.sum) e(n, sum)",
            [SPEED],
        )
        assert cursor.fetchone() == (120, 37.5)
