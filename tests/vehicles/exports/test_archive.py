"""The archive: everything of one's own, nothing of others', and back again without a value lost."""

import csv
import io
import json
import zipfile
from datetime import datetime, timedelta

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core import mail
from django.core.files.base import ContentFile

from tests.unions import factories as unions
from tests.vehicles.erasure import world as leaving
from tests.vehicles.erasure.test_vehicle import handed_over
from tests.vehicles.factories import drive, make_user
from tests.vehicles.store import world
from vehicles import imports, ownership_selectors, registry, telemetry, trips
from vehicles.exports import archive, building, dictionary, expiring, tables
from vehicles.models import DataExport, FaultCode, Vehicle
from vehicles.quality import Flag
from vehicles.store import seal

pytestmark = pytest.mark.django_db(transaction=True)
NOW = leaving.NOW


def exported(owner) -> zipfile.ZipFile:
    asked = building.start_export(owner=owner, now=NOW)
    done = building.build_export(export_id=asked.pk, now=NOW)
    assert done.state == "ready"
    _, path = building.archive_of(owner=owner, export_id=asked.pk, now=NOW)
    return zipfile.ZipFile(path)


def rows_of(packed: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(packed.read(name).decode())))


def values_of(packed: zipfile.ZipFile, name: str):
    return pq.read_table(io.BytesIO(packed.read(name)))


def test_an_export_holds_every_table_in_both_forms_and_what_a_column_means():
    source = leaving.full_vehicle()
    packed = exported(source.vehicle.owner)
    names = set(packed.namelist())
    for table in tables.registered():
        assert {f"tables/{table.name}.csv", f"tables/{table.name}.parquet"} <= names
        header = packed.read(f"tables/{table.name}.csv").decode().splitlines()[0].split(",")
        assert header == [column.name for column in table.columns]
        assert values_of(packed, f"tables/{table.name}.parquet").num_rows == len(
            rows_of(packed, f"tables/{table.name}.csv")
        )
    [car] = rows_of(packed, "tables/vehicles.csv")
    assert (car["name"], car["vin"], car["yours_now"]) == ("Blue", leaving.VIN, "yes")
    for name in ("trips", "trip_edits", "charging_sessions", "events", "fault_codes", "energy_prices", "pairings",
                 "devices", "named_areas", "movement_verdicts", "refused_readings", "stored_readings",
                 "refused_events", "privacy_zones",
                 "exact_positions_choice", "exact_positions_removed", "app_permissions", "access_log", "parked_times",
                 "contact_habits"):  # fmt: skip
        assert rows_of(packed, f"tables/{name}.csv"), name
    said = json.loads(packed.read("data-dictionary.json"))
    assert {each["name"] for each in said["tables"]} == {table.name for table in tables.registered()}
    listed = json.loads(packed.read("contents.json"))["files"]
    assert {each["name"] for each in listed} == names - {"contents.json"}
    assert not any(name.endswith(".part") for name in names)


def test_every_column_signal_and_doubt_has_a_meaning():
    columns = [column for table in tables.registered() for column in table.columns]
    columns += [*dictionary.READINGS, *dictionary.WIDE]
    assert [column for column in columns if len(column.about) < 5 or column.kind not in archive.TYPES] == []
    said = dictionary.described()
    assert [each["name"] for each in said["signals"] if not each["title"] or not each["type"]] == []
    assert len(said["doubts"]) == len(Flag)
    for table in tables.registered():
        assert len({column.name for column in table.columns}) == len(table.columns), table.name
        assert len(table.about) > 2


def test_readings_of_both_tiers_go_out_and_back_into_a_new_vehicle_with_the_same_values():
    source = leaving.full_vehicle()
    seal.seal_day(day=world.DAY, now=NOW)
    owner, before = source.vehicle.owner, world.everything([source])
    packed = exported(owner)
    folder = f"vehicles/{source.vehicle.public_id}/readings"
    long = values_of(packed, f"{folder}/2025-03.parquet")
    assert long.num_rows == before.num_rows
    assert sorted(long.column("value").to_pylist()) == sorted(before.column("value").to_pylist())
    asked, path = building.archive_of(owner=owner, export_id=DataExport.objects.get().pk, now=NOW)
    other = make_user()
    first = brought_in(other, path.read_bytes(), "my-data.zip")
    assert (first.state, first.duplicate, first.rejected) == ("done", 0, {})
    vehicle = Vehicle.objects.get(owner=other)
    assert told(world.everything([vehicle.sources.get()])) == told(before)
    again = brought_in(other, packed.read(f"{folder}/2025-03.csv"), "2025-03.csv", vehicle=vehicle)
    assert (again.stored, again.duplicate) == (0, first.stored)
    assert asked.sha256 == archive.sha256_of(path)


def brought_in(owner, content, name, vehicle=None):
    batch = imports.start_import(
        owner=owner, format="commons", file=ContentFile(content, name=name), timezone="", now=NOW, vehicle=vehicle
    )
    return imports.run_import(batch_id=batch.pk, now=NOW)


def told(found) -> list[tuple]:
    columns = (found.column(name).to_pylist() for name in ("signal_id", "ts", "value"))
    return sorted(zip(*columns, strict=True))


def test_seller_and_buyer_each_export_their_own_time_alone():
    vehicle, seller, buyer, _ = handed_over()
    first, second = exported(seller), exported(buyer)
    month = f"vehicles/{vehicle.public_id}/readings/2025-03.parquet"
    handed = vehicle.owned_since
    assert max(values_of(first, month).column("time").to_pylist()) < handed
    assert min(values_of(second, month).column("time").to_pylist()) >= handed
    assert [len(rows_of(each, "tables/trips.csv")) for each in (first, second)] == [2, 1]
    cars = [rows_of(each, "tables/vehicles.csv")[0] for each in (first, second)]
    assert [(car["name"], car["vin"]) for car in cars] == [("Blue", ""), ("Mine", leaving.VIN)]
    for name in (
        "pairings",
        "events",
        "fault_codes",
        "energy_prices",
        "trip_edits",
        "hidden_stretches",
        "devices",
        "refused_events",
        "privacy_zones",
        "exact_positions_removed",
        "app_permissions",
        "access_log",
        "parked_times",
    ):
        assert rows_of(first, f"tables/{name}.csv"), name
        assert not rows_of(second, f"tables/{name}.csv"), name
    assert exported(make_user()).namelist().count("tables/trips.csv") == 1


def test_a_code_that_stands_over_a_hand_over_is_in_both_exports_and_tells_no_moment_of_the_other_time():
    vehicle, seller, buyer, _ = handed_over()
    handed, hour = vehicle.owned_since, timedelta(hours=1)
    FaultCode.objects.update(opened_at=handed - hour, last_seen_at=handed + hour)
    told = [rows_of(exported(person), "tables/fault_codes.csv") for person in (seller, buyer)]
    for [row], opened, seen in zip(told, (handed - hour, handed), (handed, handed + hour), strict=True):
        assert (row["code"], row["cleared_at"]) == ("P0420", "")
        assert [datetime.fromisoformat(row[name]) for name in ("opened_at", "last_seen_at")] == [opened, seen]


def test_a_vehicle_that_was_bought_back_is_exported_with_both_times_and_not_the_one_between():
    vehicle, seller, _, later = handed_over()
    registry.transfer_vehicle(vehicle=vehicle, buyer=seller, now=vehicle.owned_since + timedelta(hours=9))
    vehicle.refresh_from_db()
    again = drive(vehicle.owned_since)
    telemetry.store_readings(vehicle=vehicle, source=later, readings=again, now=NOW)
    trips.cut_trips(vehicle=vehicle, source=later, since=again[0].ts, until=again[-1].ts, now=NOW)
    packed = exported(seller)
    assert len(rows_of(packed, "tables/trips.csv")) == 3
    times = [
        (row["from"] != "", row["until"] != "", row["name"]) for row in rows_of(packed, "tables/vehicle_times.csv")
    ]
    assert times == [(False, True, "Blue"), (True, False, "")]
    files = [name for name in packed.namelist() if name.endswith(".parquet") and "/readings/" in name]
    moments = [moment for name in files for moment in values_of(packed, name).column("time").to_pylist()]
    first, second = ownership_selectors.owned_by(owner=seller, vehicle=vehicle)
    assert len(files) == 2
    assert {first.covers(moment) or second.covers(moment) for moment in moments} == {True}
    assert {first.covers(moment) for moment in moments} == {True, False}


def test_rooms_above_add_their_tables():
    row = unions.member()
    unions.allow(row, "battery", "exact")
    packed = exported(row.member)
    assert rows_of(packed, "tables/memberships.csv")[0]["state"] == "active"
    assert rows_of(packed, "tables/consents.csv")[0]["kind"] == "grant"
    assert rows_of(packed, "tables/sales.csv") == rows_of(packed, "tables/earnings.csv") == []


def test_one_export_at_a_time_for_a_week_with_a_letter_without_secrets():
    owner = make_user()
    asked = building.start_export(owner=owner, now=NOW)
    with pytest.raises(building.ExportRunning):
        building.start_export(owner=owner, now=NOW)
    building.build_export(export_id=asked.pk, now=NOW)
    [letter] = mail.outbox
    assert letter.to == [owner.email]
    assert str(asked.pk) not in letter.body
    with pytest.raises(building.ExportNotReady):
        building.archive_of(owner=make_user(), export_id=asked.pk, now=NOW)
    with pytest.raises(building.ExportNotReady):
        building.archive_of(owner=owner, export_id=asked.pk, now=NOW + timedelta(days=7))
    assert expiring.expire_exports(now=NOW + timedelta(days=6)) == 0
    assert archive.folder_of(asked.pk).is_dir()
    assert expiring.expire_exports(now=NOW + timedelta(days=7)) == 1
    assert not archive.folder_of(asked.pk).exists()
    assert building.start_export(owner=owner, now=NOW).state == "queued"


class Died(Exception):
    pass


def test_a_builder_that_died_is_gone_on_after_and_a_finished_part_is_not_written_again():
    source = leaving.full_vehicle()
    owner = source.vehicle.owner
    asked = building.start_export(owner=owner, now=NOW)
    heard = []

    def die(step: str) -> None:
        heard.append(step)
        if len(heard) == 12:
            raise Died

    with pytest.raises(Died):
        building.build_export(export_id=asked.pk, now=NOW, reached=die)
    kept = archive.work_of(asked.pk) / "tables" / "account.csv"
    written = kept.stat().st_mtime_ns
    assert expiring.unfinished_exports() == [asked.pk]
    moved = []
    building.build_export(
        export_id=asked.pk,
        now=NOW,
        reached=lambda step: moved.append(kept.stat().st_mtime_ns if kept.exists() else None),
    )
    assert set(moved) - {None} == {written}
    asked.refresh_from_db()
    assert (asked.state, asked.attempts, asked.done_parts) == ("ready", 2, asked.total_parts)


def test_an_export_whose_row_goes_while_it_is_made_leaves_no_file():
    owner = make_user()
    asked = building.start_export(owner=owner, now=NOW)
    building.build_export(export_id=asked.pk, now=NOW, reached=lambda step: DataExport.objects.all().delete())
    assert not archive.folder_of(asked.pk).exists()
    (settings.MEDIA_ROOT / archive.FOLDER / "orphan").mkdir(parents=True)
    expiring.expire_exports(now=NOW)
    assert not (settings.MEDIA_ROOT / archive.FOLDER / "orphan").exists()


def test_text_that_a_spreadsheet_would_run_is_defused_in_csv_and_numbers_are_not_touched():
    assert archive.written("text", "=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert archive.written("number", -1.5) == "-1.5"
    assert archive.written("text", "Ada") == "Ada"
