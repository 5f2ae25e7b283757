from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from vehicles.motion import distance_km
from vehicles.quality import screen
from vehicles.readings import Message
from vehicles.signals import (
    BATTERY_LEVEL,
    DTC_COUNT,
    FUEL_LEVEL,
    FUEL_RATE,
    FUEL_USED,
    IGNITION,
    IS_CHARGING,
    LATITUDE,
    LONGITUDE,
    ODOMETER,
    SPEED,
)  # fmt: skip
from vehicles.simulator import habits
from vehicles.simulator.routes import route
from vehicles.simulator.simulation import first_state, simulate
from vehicles.simulator.town import degrees

END = datetime(2026, 11, 22, tzinfo=UTC)
KINDS = ["electric", "plug_in", "hybrid", "combustion"]


def readings(kind="electric", days=14, seed=0, zone="Europe/Berlin", end=END, **more) -> list[Message]:
    car = SimpleNamespace(powertrain=kind, model="", timezone=zone)
    return list(simulate(vehicle=car, start=end - timedelta(days=days), end=end, seed=seed, **more))


def column(messages, signal):
    return [message.values[signal] for message in messages if signal in message.values]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_readings_and_another_seed_others(kind):
    assert readings(kind, days=5) == readings(kind, days=5)
    assert readings(kind, days=5) != readings(kind, days=5, seed=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [3, 4])
def test_every_reading_passes_the_checks_and_comes_in_order(kind, seed):
    messages = readings(kind, seed=seed)
    assert all(a.ts < b.ts for a, b in pairwise(messages))
    seen = screen([Message(m.ts, dict(m.values)) for m in messages], now=END)
    assert not seen.refused
    assert not seen.duplicates
    assert messages[0].ts >= END - timedelta(days=14)
    assert messages[-1].ts < END


@pytest.mark.parametrize("kind", KINDS)
def test_the_odometer_agrees_with_the_positions(kind):
    messages = readings(kind)
    fixes = [m.values for m in messages if LATITUDE in m.values]
    km = sum(distance_km(a[LATITUDE], a[LONGITUDE], b[LATITUDE], b[LONGITUDE]) for a, b in pairwise(fixes))
    odometer = column(messages, ODOMETER)
    assert odometer == sorted(odometer)
    assert odometer[-1] - odometer[0] == pytest.approx(km, rel=0.06)


def test_speeds_agree_with_the_way_covered():
    for a, b in pairwise(readings("combustion")):
        if SPEED in a.values and SPEED in b.values and (b.ts - a.ts).total_seconds() == 10:
            way = distance_km(a.values[LATITUDE], a.values[LONGITUDE], b.values[LATITUDE], b.values[LONGITUDE]) * 360
            assert min(a.values[SPEED], b.values[SPEED]) - 30 < way < max(a.values[SPEED], b.values[SPEED]) + 30


def test_cars_drive_on_roads():
    driver = habits.driver_of(0)
    way = route(driver.home, driver.work)
    road = [degrees((float(x), float(y))) for x, y in zip(way.x, way.y, strict=True)]
    first = next(m for m in readings(days=7) if LATITUDE in m.values)
    at = (first.values[LATITUDE], first.values[LONGITUDE])
    assert min(distance_km(*at, *point) for point in road) < 0.05


def test_a_powertrain_tells_what_it_has_and_nothing_else():
    has = {kind: {signal for m in readings(kind) for signal in m.values} for kind in KINDS}
    for kind in KINDS:
        assert (BATTERY_LEVEL in has[kind]) == (kind != "combustion")
        assert (FUEL_LEVEL in has[kind]) == (kind != "electric")
        assert (IS_CHARGING in has[kind]) == (kind in ("electric", "plug_in"))
    assert all({SPEED, ODOMETER, IGNITION, LATITUDE, DTC_COUNT} <= signals for signals in has.values())


def test_a_battery_falls_while_driving_and_rises_only_on_the_cable():
    messages = [m for m in readings("electric", days=30, seed=4) if BATTERY_LEVEL in m.values]
    rises = [(a, b) for a, b in pairwise(messages) if b.values[BATTERY_LEVEL] > a.values[BATTERY_LEVEL] + 1]
    assert len(rises) > 5
    assert all(a.values.get(IS_CHARGING) == 1 for a, _ in rises)
    assert all(0 < level <= 100 for level in column(messages, BATTERY_LEVEL))


@pytest.mark.parametrize(("kind", "least", "most"), [("combustion", 4.5, 10), ("hybrid", 3, 7)])
def test_cars_use_as_much_as_such_cars_do(kind, least, most):
    messages = readings(kind, days=30, seed=3)
    used, odometer = column(messages, FUEL_USED), column(messages, ODOMETER)
    assert least < (used[-1] - used[0]) / (odometer[-1] - odometer[0]) * 100 < most
    assert max(column(messages, FUEL_RATE)) < 60


def test_a_commuter_leaves_for_work_on_weekday_mornings_of_their_own_zone():
    seed = next(n for n in range(50) if habits.driver_of(n).persona == "commuter")
    zone = ZoneInfo("America/Los_Angeles")
    starts = defaultdict(list)
    for a, b in pairwise(readings("combustion", days=28, seed=seed, zone=zone.key)):
        if SPEED in b.values and SPEED not in a.values:
            starts[b.ts.astimezone(zone).weekday()].append(b.ts.astimezone(zone).hour)
    mornings = [hour for day in range(5) for hour in starts[day] if 6 <= hour <= 8]
    assert len(mornings) >= 12


def test_faults_come_and_go_somewhere_in_a_fleet():
    told = [column(readings("combustion", days=60, seed=n), DTC_COUNT) for n in range(6)]
    assert any(1.0 in counts for counts in told)
    assert any(counts[-1] == 0.0 for counts in told if 1.0 in counts)


def test_a_life_goes_on_where_it_was_left():
    middle = END - timedelta(days=3)
    state = first_state(0, habits.driver_of(0))
    before = readings(days=4, end=middle, state=state)
    after = readings(days=3, state=state)
    assert before[-1].ts < after[0].ts
    assert column(after, ODOMETER)[0] - column(before, ODOMETER)[-1] == pytest.approx(0, abs=1.0)
