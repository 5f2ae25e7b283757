"""The one recorded charge beside the repository, against the file's own counter."""

import pytest

from tests.vehicles.factories import NOW, make_source
from tests.vehicles.importers.files import REAL, export, read
from vehicles import telemetry
from vehicles.charging import sessions
from vehicles.importers import teslafi, twizy

if not REAL.is_dir():
    pytest.skip("the recorded drives are not beside the repository", allow_module_level=True)
pytestmark = [pytest.mark.real_data, pytest.mark.django_db]


def cut_file(tmp_path, parser, name, zone):
    path = REAL / name
    found, _, _ = read(parser.parse, export(tmp_path, path.name, path.read_bytes(), zone))
    readings = [each.message for each in found]
    source = make_source()
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=NOW)
    return sessions.cut_sessions(vehicle=source.vehicle, source=source, since=readings[0].ts, until=readings[-1].ts)


def test_the_recorded_charge_is_found_with_the_energy_of_its_counter(tmp_path):
    [session] = cut_file(tmp_path, teslafi, "teslafi_raw/01_complete__TeslaFi62016.csv", "America/Los_Angeles")
    assert (session.energy_kwh, session.energy_method) == (10.11, "counter")
    assert (session.soc_from, session.soc_to) == (57.0, 70.0)
    assert session.readings == 71, "seventy that charge, and the one that says it is complete"
    assert (session.current, session.doubts) == ("ac", [])


def test_drives_of_a_twizy_hold_no_charge(tmp_path):
    for path in sorted((REAL / "twizy").glob("*.csv")):
        assert cut_file(tmp_path, twizy, f"twizy/{path.name}", "Africa/Casablanca") == []
