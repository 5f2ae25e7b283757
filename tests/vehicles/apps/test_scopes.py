"""Scopes come from the catalog; two bounds together allow what both allow."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dimo.oauth.scopes import COARSE, EXACT, OFF, level, within
from vehicles import kinds, signals
from vehicles.app_scopes import askable, class_of, fineness_of, scopes
from vehicles.signals import by_name, catalog

EVERY = sorted(scopes())
some = st.lists(st.sampled_from(EVERY), max_size=5)


def test_every_signal_that_may_leave_has_a_scope_and_no_other():
    for signal in catalog:
        leaves = kinds.named(signal.kind).highest_tier == kinds.HIGHEST
        assert (class_of(signal) in askable()) == leaves, signal.name
    assert not [name for name in askable() if name.startswith("cabin.voice")]


def test_every_scope_says_in_words_what_it_means():
    assert all(len(line) > 10 and line[0].isupper() for line in scopes().values())
    assert {"location:coarse", "location:precise", "battery", "battery:coarse", "trips", "vehicles"} <= scopes().keys()
    assert "location" not in scopes()


def test_a_kind_of_device_brings_its_scopes_by_its_file_alone(tmp_path: Path):
    file = tmp_path / "charger.toml"
    file.write_text(
        '[kind]\nname = "charger"\ntitle = "Charger"\nhighest_tier = "identified"\n'
        '[[class]]\nname = "charger.energy"\ntitle = "Energy of a charger"\n'
        '[[signal]]\nid = 31000\nname = "chargerEnergy"\ntitle = "Energy"\npath = "Charger.Energy"\nunit = "kWh"\n'
        'type = "float"\nlow = 0.0\nhigh = 100.0\nclass = "charger.energy"\ncoarse = "G"\n'
    )
    signals.learn(file)
    try:
        assert scopes()["charger.energy"] == "Energy of a charger: every reading as it was measured"
        assert "charger.energy:coarse" in scopes()
    finally:
        signals.forget("charger")
    assert "charger.energy" not in scopes()


@pytest.mark.parametrize(
    ("held", "name", "found"),
    [
        ([], "battery.soc", OFF),
        (["battery"], "battery.soc", EXACT),
        (["battery:coarse"], "battery.soc", COARSE),
        (["battery.soh"], "battery.soc", OFF),
        (["battery.soc"], "battery", OFF),
        (["location:coarse"], "location", COARSE),
        (["location:precise", "location:coarse"], "location", EXACT),
        (["location:exactly"], "location", OFF),
        (["batt"], "battery", OFF),
    ],
)
def test_a_scope_reaches_its_class_and_what_lies_below(held, name, found):
    assert level(held, name) == found


@given(some, some)
def test_two_bounds_together_allow_no_more_than_either(one, other):
    for signal in catalog:
        both = fineness_of(signal, one, other)
        assert both <= min(fineness_of(signal, one), fineness_of(signal, other)) or both == OFF
        assert both == fineness_of(signal, other, one)


@given(some, some)
def test_what_is_within_a_bound_reaches_no_further(asked, bound):
    kept = [scope for scope in asked if within(scope, bound)]
    for signal in catalog:
        assert level(kept, class_of(signal)) <= level(bound, class_of(signal))


def test_height_heading_and_coordinates_go_with_precise_location_alone():
    for name in (
        "currentLocationLatitude",
        "currentLocationAltitude",
        "currentLocationHeading",
        "obdBarometricPressure",
    ):
        assert fineness_of(by_name[name], ["location:coarse"]) == OFF
        assert fineness_of(by_name[name], ["location:precise"]) == EXACT
    assert fineness_of(by_name["currentLocationCell7"], ["location:coarse"]) == COARSE
