"""Words are no quantities: no mean is made of an enumeration's codes."""

from datetime import timedelta

import pytest

from tests.vehicles.factories import NOW, make_source
from vehicles import kinds, measurements, telemetry
from vehicles.readings import Message
from vehicles.signals import SPEED, by_name, catalog

FUEL = by_name["obdFuelTypeName"]


@pytest.mark.django_db
def test_an_enumeration_is_told_as_measured_and_never_as_a_mean():
    source = make_source()
    first, second = sorted(FUEL.codes.values())[:2]
    told = [Message(NOW - timedelta(hours=n), {FUEL.id: float(first if n % 2 else second), SPEED: 9.0}) for n in (2, 1)]
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=told, now=NOW)
    asked = {"vehicle": source.vehicle, "until": NOW}
    day = measurements.series(signal_ids=(FUEL.id,), since=NOW - timedelta(days=1), **asked)
    assert {value for _, value in day.points[FUEL.id]} == {first, second}
    with pytest.raises(measurements.NotAQuantity) as refused:
        measurements.series(signal_ids=(SPEED, FUEL.id), since=NOW - timedelta(days=7), **asked)
    assert refused.value.facts == {"signals": FUEL.name}
    assert measurements.series(signal_ids=(SPEED,), since=NOW - timedelta(days=7), **asked).points[SPEED]


def test_no_roll_up_is_kept_of_an_enumeration_and_no_catalog_may_ask_for_one():
    assert not [signal.name for signal in catalog if signal.codes and signal.charted]
    row = {"id": 9001, "name": "n", "class": "own", "codes": {"A": 1}, "charted": True}
    kind = kinds.Kind("other", "Other", leaves=(kinds.Leaf("own", "Own"),))
    with pytest.raises(kinds.CatalogBroken, match="not charted"):
        kinds.check(kind, (row,), ())
    kinds.check(kind, (row | {"charted": False},), ())
