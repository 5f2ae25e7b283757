"""Fault codes follow from lists in any order of arrival; the page says what the car reports in plain words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.factories import make_source, make_user, make_vehicle
from vehicles.diagnostics import fault_lists, recording, states, words
from vehicles.diagnostics.states import Reading
from vehicles.models import FaultCode, FaultList, RejectionCount

START = datetime(2026, 11, 1, tzinfo=UTC)
CODES = ("P0300", "P0420", "U0100")
LISTS = st.dictionaries(st.integers(0, 30), st.frozensets(st.sampled_from(CODES)), min_size=1, max_size=8)


def at(day):
    return START + timedelta(days=day)


def spans(source):
    rows = FaultCode.objects.filter(source=source).order_by("opened_at", "code")
    return list(rows.values_list("code", "opened_at", "last_seen_at", "cleared_at"))


def told(source, *lists):
    return recording.record(vehicle_id=source.vehicle_id, source_id=source.pk, lists=lists)


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        (["P0420", " p0300"], ("P0300", "P0420")),
        ('["U0100"]', ("U0100",)),
        ("C1234,B00A1", ("B00A1", "C1234")),
        ([], ()),
        ("", ()),
        ("[]", ()),
        (["P0420", "P0420"], ("P0420",)),
        (["P042"], None),
        (["P0420", 7], None),
        ("[1]", None),
        ("{}", None),
        (["X0420"], None),
        (["P0420"] * 129, None),
        (True, None),
        (None, None),
    ],
)
def test_a_list_of_codes_is_read_in_every_spelling_or_refused_whole(value, codes):
    assert fault_lists.parse(value) == codes


@given(LISTS)
def test_a_code_stands_exactly_while_lists_have_it(lists):
    found = fault_lists.fold({}, [(at(day), codes) for day, codes in sorted(lists.items())])
    for day, codes in lists.items():
        for code in CODES:
            over = [s for s in found if s.code == code and s.opened_at <= at(day) <= s.last_seen_at]
            assert bool(over) == (code in codes)
    for code in CODES:
        assert sum(s.cleared_at is None for s in found if s.code == code) == (code in lists[max(lists)])


@pytest.mark.django_db
@given(lists=LISTS, data=st.data())
def test_codes_do_not_depend_on_the_order_in_which_lists_arrive(lists, data):
    in_time, shuffled = make_source(), make_source()
    told(in_time, *[(at(day), codes) for day, codes in sorted(lists.items())])
    for day in data.draw(st.permutations(sorted(lists))):
        told(shuffled, (at(day), lists[day]))
    assert spans(in_time) == spans(shuffled)
    assert FaultList.objects.filter(source=shuffled).count() == len(lists)


@pytest.mark.django_db
def test_a_code_that_is_not_in_the_next_list_is_cleared_and_may_open_again():
    source = make_source()
    told(source, (at(0), ["P0420"]), (at(1), ["P0420", "P0300"]), (at(2), ["P0300"]), (at(3), ["P0420"]))
    assert spans(source) == [
        ("P0420", at(0), at(1), at(2)),
        ("P0300", at(1), at(2), at(3)),
        ("P0420", at(3), at(3), None),
    ]


@pytest.mark.django_db
def test_a_list_from_the_past_reopens_nothing_and_the_same_list_again_changes_nothing():
    source = make_source()
    told(source, (at(5), ["P0420"]), (at(6), []))
    before = spans(source)
    assert told(source, (at(6), []), (at(5), ["P0420"])) == set()
    assert spans(source) == before
    told(source, (at(4), ["P0420"]))
    assert spans(source) == [("P0420", at(4), at(5), at(6))]
    assert told(source, (at(6), ["P0300"])) == {0}
    assert spans(source) == [("P0420", at(4), at(5), at(6))]


@pytest.mark.django_db
def test_old_lists_are_pruned_but_each_source_keeps_what_the_next_one_follows():
    source = make_source()
    told(source, *[(at(day), ["P0420"]) for day in range(4)])
    assert recording.prune(before=at(3)) == 2
    told(source, (at(2.5), []))
    assert spans(source) == [("P0420", at(0), at(2), at(2.5)), ("P0420", at(3), at(3), None)]


@pytest.mark.django_db
def test_a_devices_list_is_judged_counted_and_erased_with_the_vehicle(client):
    device = make_client()
    signals = [reading("obdDTCList", ["P0420"]), reading(), reading("obdDTCList", ["nonsense"], ago=5)]
    signals.append(reading("obdDTCList", [], ago=31 * 86_400))
    answer = post(client, [device.signed(signals)]).json()["results"][0]["signals"]
    assert answer["stored"] == 2
    assert [(gone["at"], gone["code"]) for gone in answer["rejected"]] == [(2, "malformed_codes"), (3, "too_old")]
    assert set(RejectionCount.objects.values_list("signal", "code")) == {
        ("obdDTCList", "malformed_codes"),
        ("obdDTCList", "too_old"),
    }
    assert FaultCode.objects.get().code == "P0420"
    assert recording.delete(vehicle=make_vehicle()) == 0
    assert recording.delete(vehicle=device.vehicle) == 2
    assert not FaultCode.objects.exists()


@pytest.mark.django_db
def test_an_event_with_nothing_but_a_bad_signal_stores_nothing(client):
    device = make_client()
    answer = post(client, [device.signed([reading("warpFactor")])]).json()["results"][0]
    assert answer["signals"]["stored"] == 0


@pytest.mark.parametrize(
    ("code", "severity", "maker"),
    [
        ("P0303", "soon", False),
        ("P0420", "watch", False),
        ("P1234", "check", True),
        ("P3101", "check", True),
        ("P3400", "check", False),
        ("C1201", "check", True),
        ("U0100", "check", False),
        ("B00A1", "watch", False),
        ("PFFFF", "check", False),
    ],
)
def test_a_code_is_told_by_its_family_and_a_makers_own_code_is_not_guessed(code, severity, maker):
    told = words.explain(code)
    assert (told.severity, told.maker) == (severity, maker)
    assert str(told.title)
    assert str(told.advice)


@given(st.from_regex(r"[PCBU][0-9A-F]{4}", fullmatch=True))
def test_there_are_words_for_every_code(code):
    assert str(words.explain(code).title)


def test_tires_of_an_axle_are_compared_where_they_were_measured_together():
    now = at(0)
    pressures = {("front", "left"): Reading(240, now), ("front", "right"): Reading(220, now)}
    pressures |= {("rear", "left"): Reading(240, now), ("rear", "right"): Reading(160, now - timedelta(days=2))}
    front, rear = states.axles(pressures)
    assert (front.apart, rear.apart) == (0.2, None)
    assert [wheel.low for wheel in rear.wheels] == [False, True]


def test_service_is_due_by_distance_at_the_pace_of_late_or_by_time_whichever_is_earlier():
    pace = states.daily_km(Reading(10_000, at(0)), Reading(10_400, at(10)))
    assert pace == 40
    distance, time = Reading(800, at(10)), Reading(10 * 86_400, at(10))
    assert states.service(distance, None, pace).due_on == at(30).date()
    assert states.service(distance, time, pace).due_on == at(20).date()
    assert states.service(distance, None, None).due_on is None
    assert states.service(Reading(-50, at(10)), None, pace).overdue
    assert states.service(None, None, pace) is None
    assert states.daily_km(Reading(1, at(0)), Reading(9, at(6))) is None


@pytest.mark.parametrize(
    ("volts", "ignition", "state"),
    [
        *[(12.6, 0, "good"), (12.1, 0, "low"), (11.5, 0, "very_low"), (24.2, 0, "low"), (14.1, 1, "good")],
        *[(12.2, 1, "not_charged"), (15.9, 1, "overcharged")],
    ],
)
def test_the_battery_is_judged_at_rest_and_while_it_should_charge(volts, ignition, state):
    assert states.battery(Reading(volts, at(0)), Reading(ignition, at(0))).state == state


def page(client, vehicle):
    client.force_login(vehicle.owner)
    return client.get(f"/vehicles/{vehicle.public_id}/diagnostics/")


@pytest.mark.django_db
def test_the_page_says_when_nothing_is_known(client):
    text = page(client, make_vehicle()).content.decode()
    assert "Codes were never read" in text
    assert "No pressures yet" in text


@pytest.mark.django_db
def test_the_page_shows_codes_tires_and_service_in_few_queries(client, django_assert_max_num_queries):
    device = make_client()
    signals = [reading("obdDTCList", ["P0303", "P1234"]), reading("obdDTCList", ["P0420"], ago=600)]
    signals += [
        reading("chassisAxleRow1WheelLeftTirePressure", 250.0),
        reading("lowVoltageBatteryCurrentVoltage", 12.6),
    ]
    signals += [reading("chassisAxleRow1WheelRightTirePressure", 210.0), reading("serviceDistanceToService", -10.0)]
    post(client, [device.signed(signals)])
    client.force_login(device.vehicle.owner)
    with django_assert_max_num_queries(14):
        text = client.get(f"/vehicles/{device.vehicle.public_id}/diagnostics/").content.decode()
    for expected in (
        "Cylinder 3 misfires",
        "a code of the maker",
        "The front tires differ by 0.4 bar",
        "Overdue",
        "12.6 V",
    ):
        assert expected in text
    assert "cleans less than it should" in text
    rows = client.get(f"/api/v1/vehicles/{device.vehicle.public_id}/diagnostics/codes/").json()["results"]
    assert {row["code"]: bool(row["cleared_at"]) for row in rows} == {"P0303": False, "P1234": False, "P0420": True}


@pytest.mark.django_db
def test_the_page_says_how_old_what_it_shows_is(client):
    device = make_client()
    old = 21 * 86_400
    post(
        client,
        [
            device.signed(
                [reading("obdDTCList", [], ago=old), reading("lowVoltageBatteryCurrentVoltage", 12.6, ago=old)]
            )
        ],
    )
    text = page(client, device.vehicle).content.decode()
    assert "No open codes" in text
    assert text.count("3\xa0weeks ago") >= 2


@pytest.mark.django_db
def test_nobody_else_sees_the_page(client):
    vehicle = make_vehicle()
    client.force_login(make_user())
    assert client.get(f"/vehicles/{vehicle.public_id}/diagnostics/").status_code == 404
