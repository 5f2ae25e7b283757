import io
import json

import pytest
from django.core.management import CommandError, call_command

from dimo.users.models import User
from tests.vehicles.factories import make_user
from tests.vehicles.importers.files import REAL, asleep, teslafi_csv, teslafi_row
from vehicles.models import Trip, Vehicle

pytestmark = pytest.mark.django_db
OWNER = "driver@example.org"


def import_drives(*arguments, **options) -> dict:
    out = io.StringIO()
    call_command("import_drives", *map(str, arguments), owner=OWNER, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


@pytest.fixture
def teslafi_file(tmp_path):
    path = tmp_path / "TeslaFi12020.csv"
    rows = [teslafi_row(f"2020-01-01 10:0{n}:00", latitude="0", longitude="0") for n in range(5)]
    path.write_text(teslafi_csv(*rows, asleep("2020-01-01 10:09:00")))
    return path


def test_it_prints_stored_duplicate_rejected_by_reason_and_trips(teslafi_file):
    make_user(email=OWNER)
    first = import_drives("teslafi", teslafi_file, timezone="Europe/Berlin")
    assert (first["stored"], first["duplicate"], first["trips"]) == (10, 0, 0)
    assert first["rejected"] == {"blank_row": 1, "null_island": 5}
    again = import_drives("teslafi", teslafi_file, timezone="Europe/Berlin")
    assert (again["stored"], again["duplicate"]) == (0, 10)


def test_without_json_it_speaks_in_words(teslafi_file):
    make_user(email=OWNER)
    out = io.StringIO()
    call_command("import_drives", "teslafi", str(teslafi_file), owner=OWNER, timezone="UTC", stdout=out)
    assert "The car was asleep" in out.getvalue()
    assert "Stored" in out.getvalue()


def test_an_unknown_owner_is_an_error_unless_one_is_to_be_made(teslafi_file):
    with pytest.raises(CommandError, match="--create-owner"):
        import_drives("teslafi", teslafi_file, timezone="UTC")
    import_drives("teslafi", teslafi_file, timezone="UTC", create_owner=True)
    assert Vehicle.objects.get().owner == User.objects.get(email=OWNER)


def test_a_missing_zone_and_a_missing_file_are_said(teslafi_file, tmp_path):
    make_user(email=OWNER)
    with pytest.raises(CommandError, match="1 of 1 files"):
        import_drives("teslafi", teslafi_file)
    with pytest.raises(CommandError, match="no file to import"):
        import_drives("teslafi", tmp_path / "nothing.csv", timezone="UTC")
    assert not Vehicle.objects.exists()


def test_one_bad_file_of_several_does_not_stop_the_others(teslafi_file, tmp_path):
    make_user(email=OWNER)
    (tmp_path / "A_broken.csv").write_text("nothing of this format\n1\n")
    with pytest.raises(CommandError, match=r"1 of 2 files could not be imported: A_broken\.csv"):
        import_drives("teslafi", tmp_path, timezone="UTC")
    assert Vehicle.objects.count() == 1


@pytest.mark.real_data
@pytest.mark.skipif(not REAL.is_dir(), reason="the recorded drives are not beside the repository")
@pytest.mark.parametrize(
    ("format", "path", "zone", "stored", "duplicate", "rejected", "cars", "trips"),
    [
        (
            *("envirocar", "envirocar.parquet", "", 427_942, 2_222),
            {"missing": 2_299, "superseded": 34, "negative_gps_speed": 1, "poor_fix": 126, "out_of_range": 1},
            *(5, 48),
        ),
        ("teslafi", "teslafi_raw", "America/New_York", 18_165, 0, {"blank_row": 1_551, "null_island": 1_217}, 3, 3),
        (
            *("twizy", "twizy/T3_05_25_2021_04.csv", "Africa/Casablanca", 17_607, 0),
            {"sentinel_value": 11, "soc_glitch": 1, "frozen_gps_speed": 7, "gps_speed_disagrees": 30},
            *(1, 1),
        ),
    ],
)
def test_the_recorded_drives_give_these_counts(format, path, zone, stored, duplicate, rejected, cars, trips):
    make_user(email=OWNER)
    found = import_drives(format, REAL / path, timezone=zone)
    assert (found["stored"], found["duplicate"], found["rejected"]) == (stored, duplicate, rejected)
    assert len(found["vehicles"]) == cars
    assert (found["trips"], Trip.objects.filter(duplicate_of=None).count()) == (trips, trips)
