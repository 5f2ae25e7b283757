"""Kinds of devices are files: a voice assistant, and a third kind that exists only here."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils import timezone

from licensing import uses
from tests.licensing import factories as licensing
from tests.unions import factories as unions
from tests.vehicles.devices import make_client, post, reading, stored
from tests.vehicles.factories import make_user, make_vehicle
from unions import matrix, platform_floor
from unions.vocabulary import CAR_CLASSES, SIGNAL_CLASSES, TIERS, highest_tier, rank
from vehicles import kinds, measurements, signals
from vehicles.models import VehicleEvent

COUNTS = "cabin.voice.command_counts"
UTTERANCES = "assistantUtteranceCount"
METER = """
[kind]
name = "home_meter"
title = "Electricity meter"
highest_tier = "{tier}"
needs = [["meterPower"]]

[[class]]
name = "home"
title = "The home"

[[event]]
name = "meter.outage"
title = "Power cut"
class = "home.power"

[[signal]]
id = 9001
name = "meterPower"
title = "Power drawn"
path = "Meter.Power"
unit = "W"
type = "float"
low = 0.0
high = 50000.0
class = "home.power"
coarse = "K"
charted = true
"""


@pytest.fixture
def meter(tmp_path):
    path = tmp_path / "home_meter.toml"
    path.write_text(METER.format(tier="aggregate").replace('"home"', '"home.power"'))
    yield signals.learn(path)
    signals.forget("home_meter")


def test_ids_and_names_are_permanent_and_used_once():
    assert len(signals.catalog) == len({s.name for s in signals.catalog}) >= 60
    assert {number: signals.by_id[number].name for number in (1, 6, 14, 32, 43, 57)} == {
        1: "currentLocationLatitude",
        6: "speed",
        14: "powertrainTransmissionTravelledDistance",
        32: "obdDTCList",
        43: "powertrainTractionBatteryStateOfChargeCurrent",
        57: "currentLocationCell7",
    }
    assert all(s.low <= min(s.codes.values()) and max(s.codes.values()) <= s.high for s in signals.catalog if s.codes)


def test_every_signal_and_event_has_a_class_of_consent_and_every_kind_a_tier():
    asked = {s.signal_class for s in signals.catalog} | {event.event_class for event in kinds.events.values()}
    assert asked <= SIGNAL_CLASSES.keys()
    assert all(kind.highest_tier in TIERS for kind in kinds.by_name.values())
    assert not kinds.leaves.keys() & CAR_CLASSES.keys()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("id = 9001", "id = 6"), "id is used twice"),
        (('name = "meterPower"', 'name = "speed"'), "name is used twice"),
        (('class = "home.power"', 'class = "energy"'), "a kind's classes are its own"),
        (('needs = [["meterPower"]]', 'needs = [["nothing"]]'), "needs names a signal"),
        (('name = "home_meter"', 'name = "car"'), "declared twice"),
        (('name = "meter.outage"', 'name = "safety.collision"'), "event's name is used twice"),
        (("charted = true", "chatted = true"), "chatted"),
        (("[kind]", "[kin]"), "kind"),
        (("[kind]", "[kind"), "home_meter.toml"),
    ],
)
def test_a_file_that_contradicts_another_is_refused_whole(tmp_path, change, reason):
    path = tmp_path / "home_meter.toml"
    path.write_text(METER.format(tier="aggregate").replace(*change))
    before = (dict(signals.by_id), dict(kinds.by_name), dict(kinds.leaves), dict(kinds.events))
    with pytest.raises(kinds.CatalogBroken, match=reason):
        signals.learn(path)
    assert (dict(signals.by_id), dict(kinds.by_name), dict(kinds.leaves), dict(kinds.events)) == before


def test_a_kind_whose_file_is_gone_gives_nothing_finer_than_statistics():
    assert kinds.named("gone").highest_tier == "aggregate"
    assert not kinds.named("gone").moves


@pytest.mark.django_db
def test_a_device_measures_what_its_kind_has_and_nothing_else(client):
    assistant = make_client(make_vehicle(kind="voice_assistant"))
    event = {"name": "assistant.wokenByMistake", "timestamp": timezone.now().isoformat()}
    told = [reading(UTTERANCES, 3.0), reading("assistantIntentClass", "TIMER"), reading(), reading("obdDTCList", [])]
    body = assistant.signed([], data={"signals": told, "events": [event, event | {"name": "safety.collision"}]})
    answer = post(client, [body]).json()["results"][0]
    assert [(gone["at"], gone["code"]) for gone in answer["signals"]["rejected"]] == [
        (2, "unknown_signal"),
        (3, "unknown_signal"),
    ]
    assert [gone["code"] for gone in answer["events"]["rejected"]] == ["unknown_event"]
    assert stored(assistant.vehicle) == {1001: [3.0], 1002: [2.0]}
    car = make_client()
    assert post(client, [car.signed([reading(UTTERANCES, 3.0)])]).json()["results"][0]["signals"]["stored"] == 0


@pytest.mark.django_db
def test_what_does_not_move_has_neither_trips_nor_diagnostics(client):
    owner = make_user()
    client.force_login(owner)
    for kind, shown in (("car", True), ("voice_assistant", False)):
        vehicle = make_vehicle(owner=owner, kind=kind)
        text = client.get(f"/vehicles/{vehicle.public_id}/").content.decode()
        assert (f"/trips/?vehicle={vehicle.public_id}" in text) is shown
        assert (f"/vehicles/{vehicle.public_id}/diagnostics/" in text) is shown


@pytest.mark.django_db
def test_rows_of_a_voice_assistant_are_refused_to_a_quote_although_union_and_member_allow_them():
    line = {
        "signal_class": COUNTS,
        "tier_max": "pseudonymous_rows",
        "purposes": ["research_np", "marketing"],
        "buyer_categories": ["academic"],
    }
    prices = {COUNTS: {"aggregate": "100000", "pseudonymous_rows": "900000"}}
    union = licensing.union(rules={"allow": [line], "k": 5, "retention_days": 365}, prices=prices)
    for _ in range(6):
        home = make_vehicle(kind="voice_assistant")
        row = unions.member(union, vehicle=home)
        unions.allow(row, COUNTS, "statistics", now=unions.NOW - unions.DAY, include_history=True)
    offer, buyer = licensing.offer(union, signals=(UTTERANCES,)), licensing.buyer()
    asked = licensing.quote(offer, buyer, signals=(UTTERANCES,), tier="aggregate")
    assert asked.price > 0
    with pytest.raises(uses.UseRefused, match="kind_tier"):
        licensing.quote(offer, buyer, signals=(UTTERANCES,), tier="pseudonymous_rows")


def test_the_floor_refuses_what_a_kinds_file_says(meter):
    union = SimpleNamespace(pk=uuid4())
    use = unions.use(union, tier="aggregate", purpose="marketing", precision="coarse")
    assert "kind_purpose" in platform_floor.refusals(use, COUNTS)
    for tier in TIERS:
        use = unions.use(union, tier=tier, precision="coarse")
        for signal_class in ("home.power", COUNTS):
            assert ("kind_tier" in platform_floor.refusals(use, signal_class)) == (rank(tier) > 0)
        assert "kind_tier" not in platform_floor.refusals(use, "battery.soc")
    assert highest_tier("home.power.peaks") == "aggregate"


@pytest.mark.django_db
def test_a_third_kind_is_measured_shown_and_asked_about_by_its_file_alone(client, meter):
    device = make_client(make_vehicle(kind="home_meter"))
    ago = timezone.now() - timedelta(minutes=1)
    body = {
        "signals": [reading("meterPower", 450.0)],
        "events": [{"name": "meter.outage", "timestamp": ago.isoformat()}],
    }
    assert post(client, [device.signed([], data=body)]).json()["results"][0]["signals"]["stored"] == 1
    assert stored(device.vehicle) == {9001: [450.0]}
    assert VehicleEvent.objects.get().name == "meter.outage"
    client.force_login(device.vehicle.owner)
    assert "Power drawn" in client.get(f"/vehicles/{device.vehicle.public_id}/").content.decode()
    assert measurements.last_values(vehicle=device.vehicle)[0].signal.unit == "W"

    line = {"signal_class": "home.power", "tier_max": "aggregate"}
    line |= {"purposes": ["research_np"], "buyer_categories": ["academic"]}
    union = unions.union(rules={"allow": [line], "k": 5, "retention_days": 365}, prices={})
    row = unions.member(union, vehicle=device.vehicle)
    shown = matrix.matrix_of(member=device.vehicle.owner, now=unions.NOW)
    assert [(line.signal, line.name, line.cells[0].level) for line in shown.rows] == [("home.power", "The home", "off")]
    assert [level for level, _ in shown.rows[0].cells[0].levels] == ["off", "statistics"]
    unions.allow(row, "home.power", "statistics", now=unions.NOW)
    assert matrix.matrix_of(member=device.vehicle.owner, now=unions.NOW).rows[0].cells[0].level == "statistics"
