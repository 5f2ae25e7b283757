"""Every recorded drive is judged: the two real duplicate uploads are refused, and no honest drive is."""

import json

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import call_command

from dimo.users.models import User
from vehicles.models import Trip
from vehicles.movement import copies, evidence

DATA = settings.BASE_DIR.parent / "shared" / "data"
if not DATA.is_dir():
    pytest.skip("the recorded drives are not beside the repository", allow_module_level=True)
pytestmark = [pytest.mark.real_data, pytest.mark.slow, pytest.mark.django_db]
FILES = (
    ("envirocar", "envirocar", [DATA / "envirocar.parquet"], ""),
    ("teslafi", "teslafi", [DATA / "teslafi_raw"], "America/Los_Angeles"),
    ("twizy", "twizy", [DATA / "twizy"], "Africa/Casablanca"),
)


def table(capsys, *options):
    capsys.readouterr()
    call_command("judge_movement", *options)
    return capsys.readouterr().out


def uploaded_twice(folder):
    """The two tracks that their owner uploaded a second time, by themselves."""
    tracks = pq.read_table(DATA / "envirocar.parquet")
    first = tracks.group_by(["vehicle_id", "track_id"]).aggregate([("ts", "min")]).to_pylist()
    seen, twins = set(), []
    for row in sorted(first, key=lambda row: row["track_id"]):
        beginning = row["vehicle_id"], row["ts_min"]
        twins += [row["track_id"]] if beginning in seen else []
        seen.add(beginning)
    assert len(twins) == 2
    path = folder / "twins.parquet"
    pq.write_table(tracks.filter(pc.is_in(tracks["track_id"], pa.array(twins))), path)
    return path


def test_the_table_has_every_drive_and_refuses_only_the_real_duplicates(capsys, tmp_path):
    for owner, format, paths, zone in (*FILES, ("twins", "envirocar", [uploaded_twice(tmp_path)], "")):
        User.objects.create_user(f"{owner}@example.org")
        call_command("import_drives", format, *map(str, paths), owner=f"{owner}@example.org", timezone=zone)
    rows = json.loads(table(capsys, "--json"))
    drives = [drive for row in rows for drive in row["drives"]]
    trips = {str(trip.public_id): trip for trip in Trip.objects.select_related("vehicle__owner")}
    assert {drive["trip"] for drive in drives} == set(trips)
    assert len(drives) == len(trips) > 60
    refused = [drive for drive in drives if drive["refused"] == "track_of_another_owner"]
    assert [trips[drive["trip"]].vehicle.owner.email for drive in refused] == ["twins@example.org"] * 2
    copied = {"replayed", "one_track_two_vehicles", "track_of_another_owner"}
    assert [drive for drive in drives if drive["refused"] in copied] == refused
    assert not any(row["earns"] for row in rows)
    assert sum(row["proved"] for row in rows) >= len(rows) // 2
    assert table(capsys).count("  drive ") == len(drives)
    # Without the trip cutter's own mark the duplicates are found by what they are, and nothing else is.
    Trip.objects.update(duplicate_of=None)
    found = [
        str(trip.public_id)
        for trip in Trip.objects.select_related("vehicle")
        if copies.original_of(trip=trip, fixes=evidence.fixes_of(trip=trip))
    ]
    assert sorted(found) == sorted(drive["trip"] for drive in refused)
