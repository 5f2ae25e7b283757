"""The quality of a vehicle's data: three parts from 0 to 1, none of which better data lowers."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.factories import NOW, drive, make_source, make_user, make_vehicle
from vehicles import kinds, quality_score, reading_counts, registry, telemetry
from vehicles.models import RejectionCount
from vehicles.quality_score import FRESH, WINDOW, Facts, Score, score, scores
from vehicles.readings import Message
from vehicles.signals import FUEL_LEVEL, IGNITION, ODOMETER

CAR = kinds.by_name[kinds.CAR]
NAMES = sorted({name for line in CAR.needs for name in line})
AGES = st.timedeltas(timedelta(0), timedelta(days=60))
COUNTS = st.integers(0, 10_000)
FACTS = st.builds(
    lambda told, stored, share, refused: Facts(told, stored, int(stored * share), refused),
    st.dictionaries(st.sampled_from(NAMES), AGES),
    COUNTS,
    st.floats(0, 1),
    COUNTS,
)


def parts(one: Score):
    return (one.completeness, one.plausibility, one.freshness, one.value)


@given(FACTS)
def test_every_part_lies_between_nothing_and_all(facts):
    assert all(0 <= part <= 1 for part in parts(score(facts, CAR)))


@given(FACTS, st.sampled_from(NAMES), AGES)
def test_a_newer_reading_never_lowers_the_score(facts, name, age):
    newer = Facts({**facts.told, name: min(age, facts.told.get(name, age))}, facts.stored, facts.doubted, facts.refused)
    assert score(newer, CAR).value >= score(facts, CAR).value


@given(FACTS, COUNTS)
def test_more_refusals_never_raise_it_and_more_good_readings_never_lower_it(facts, more):
    worse = Facts(facts.told, facts.stored, facts.doubted, facts.refused + more)
    assert score(worse, CAR).value <= score(facts, CAR).value
    if facts.stored + facts.refused:
        better = Facts(facts.told, facts.stored + more, facts.doubted, facts.refused)
        assert score(better, CAR).value >= score(facts, CAR).value - 1e-12


def test_the_formula_is_what_is_published():
    told = {"speed": timedelta(0), "isIgnitionOn": timedelta(days=29)}
    known = score(Facts(told, stored=90, doubted=9, refused=10), CAR)
    assert (known.completeness, known.plausibility, known.freshness) == (0.2, 0.81, 1.0)
    assert known.value == pytest.approx(0.162)
    assert known.missing == tuple(line[0] for line in CAR.needs if line != ("speed",))
    assert score(Facts({"speed": FRESH}), CAR).freshness == 1.0
    assert score(Facts({"speed": (WINDOW + FRESH) / 2}), CAR).freshness == pytest.approx(0.5)
    assert score(Facts({"speed": WINDOW}), CAR).freshness == 0.0
    assert parts(score(Facts({}), CAR)) == (0.0, 1.0, 0.0, 0.0)


@pytest.mark.django_db
def test_many_vehicles_are_scored_in_two_queries(django_assert_num_queries):
    sources = [make_source() for _ in range(3)]
    for number, source in enumerate(sources):
        readings = drive(NOW - timedelta(days=number, minutes=20), kmh=400 if number == 1 else 36)
        readings += [Message(readings[-1].ts, {IGNITION: 1.0, ODOMETER: 10.0, FUEL_LEVEL: 50.0})]
        telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=NOW)
    with django_assert_num_queries(2):
        found = scores(vehicle_ids=[source.vehicle_id for source in sources], now=NOW)
    first, second, third = (found[source.vehicle_id] for source in sources)
    assert parts(first) == (1.0, 1.0, 1.0, 1.0)
    assert second.plausibility < 0.7
    assert third.freshness < 1.0
    assert scores(vehicle_ids=[], now=NOW) == {}


@pytest.mark.django_db
def test_what_we_do_not_know_is_no_fault_and_what_is_refused_is():
    source = make_source()
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=drive(NOW, seconds=45), now=NOW)
    before = scores(vehicle_ids=[source.vehicle_id], now=NOW)[source.vehicle_id]
    for code, count in (("unknown_signal", 1000), ("out_of_range", 30)):
        RejectionCount.objects.create(source=source, day=NOW.date(), signal="x", code=code, count=count)
    after = scores(vehicle_ids=[source.vehicle_id], now=NOW)[source.vehicle_id]
    assert (before.plausibility, after.plausibility) == (1.0, 0.5)


@pytest.mark.django_db
def test_nothing_of_the_time_before_an_owner_counts():
    source = make_source()
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=drive(NOW - timedelta(hours=1)), now=NOW)
    later = NOW + timedelta(days=1)
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=later)
    assert parts(scores(vehicle_ids=[vehicle.pk], now=later)[vehicle.pk]) == (0.0, 1.0, 0.0, 0.0)


@pytest.mark.django_db
def test_counts_go_with_their_readings():
    source, other = make_source(), make_source()
    for one in (source, other):
        telemetry.store_readings(vehicle=one.vehicle, source=one, readings=drive(NOW, seconds=5), now=NOW)
    telemetry.delete_readings(source=source)
    assert reading_counts.delete(vehicle=source.vehicle) == 0
    assert reading_counts.delete(vehicle=other.vehicle) == 1


@pytest.mark.django_db
def test_the_owner_reads_the_score_and_nobody_else_does(client):
    vehicle = make_vehicle()
    client.force_login(vehicle.owner)
    path = f"/api/v1/vehicles/{vehicle.public_id}/quality"
    assert client.get(path).json()["value"] == 0.0
    assert client.get(path).json()["missing"][0] == quality_score.kinds.by_name["car"].needs[0][0]
    client.force_login(make_user())
    assert client.get(path).status_code == 404
