"""Zones in whole builds: for past days, sealed days, zones that appear during a build, and cars that change hands."""

import json

import pytest

from licensing import outlook
from licensing.datasets import files
from licensing.datasets.build import build_dataset
from licensing.datasets.manifest import withheld_words
from tests.licensing import factories as make
from tests.licensing.test_build import EVERYTHING, build, pid_of, rows_of
from tests.unions import factories as unions
from tests.vehicles.store.conftest import folder  # noqa: F401
from vehicles.models import VehicleOwnership
from vehicles.store import seal
from vehicles.zones import drawing
from vehicles.zones.enforced import enforced_zones, hidden_in

pytestmark = pytest.mark.django_db(transaction=True)
HOME = drawing.Place(56.0, 10.0)  # where every drive of the factories begins; it goes north by 3 km


def hide(row, **fields):
    facts = {"label": "Home", "place": HOME, "radius_m": 500, "now": make.NOW, **fields}
    return drawing.draw_zone(owner=row.member, **facts)


def places_of(license, row):
    mine = [told for told in rows_of(license) if told["pid"] == pid_of(license, row)]
    lats = {told["ts"]: told["value"] for told in mine if told["signal"] == make.LATITUDE}
    lons = {told["ts"]: told["value"] for told in mine if told["signal"] == make.LONGITUDE}
    return [(lats[ts], lons[ts]) for ts in sorted(lats)]


def manifest_of(license):
    return json.loads((files.lake() / license.datasets.get().folder / "manifest.json").read_text("utf-8"))


@pytest.mark.parametrize("where", ["hot", "sealed"])
def test_past_days_are_hidden_too_wherever_they_lie(where):
    union = make.union()
    fleet = make.fleet(union, 6)
    if where == "sealed":
        seal.seal_day(day=make.DRIVE.date(), now=make.NOW)
    hide(fleet[0])
    license = build(make.license(union, signals=EVERYTHING))
    zones = enforced_zones(owners={fleet[0].vehicle_id: fleet[0].member_id})
    left = places_of(license, fleet[0])
    drive = [(message.values[1], message.values[2]) for message in make.drive()]
    seen = [
        place for place in drive if not hidden_in(zones, vehicle_id=fleet[0].vehicle_id, lat=place[0], lon=place[1])
    ]
    assert left == seen
    assert 0 < len(left) < len(drive)
    assert places_of(license, fleet[1]) == drive


def test_a_removed_zone_hides_nothing_in_later_builds():
    union = make.union()
    fleet = make.fleet(union, 6)
    zone = hide(fleet[0])
    drawing.remove_zone(owner=fleet[0].member, public_id=zone.public_id, now=make.NOW)
    assert len(places_of(build(make.license(union, signals=EVERYTHING)), fleet[0])) == 30


@pytest.mark.parametrize("count", [1, 6])
def test_the_manifest_counts_what_zones_withheld_unless_it_is_of_few(count):
    union = make.union()
    for row in make.fleet(union, 6)[:count]:
        hide(row)
    told = manifest_of(build(make.license(union, signals=EVERYTHING)))["withheld"]["privacy_zones"]
    assert told.startswith("about ") if count == 6 else told == "not said: of too few vehicles"


def test_what_was_withheld_is_told_in_tens():
    assert withheld_words(0, 0, k=5) == {"privacy_zones": "0"}
    assert withheld_words(1236, 5, k=5) == {"privacy_zones": "about 1240"}
    assert withheld_words(1236, 4, k=5) == {"privacy_zones": "not said: of too few vehicles"}


@pytest.mark.parametrize(("signals", "built"), [(EVERYTHING, 2), ((make.SOC,), 1)])
def test_a_zone_that_appears_during_a_build_is_in_the_file_that_is_delivered(signals, built):
    union = make.union()
    fleet = make.fleet(union, 6)
    license = make.license(union, signals=signals)
    phases = []

    def entered(phase):
        phases.append(phase)
        if phase == "Describing the file" and phases.count(phase) == 1:
            hide(fleet[0])

    build_dataset(license_id=license.pk, clock=lambda: make.NOW, entered=entered)
    license.refresh_from_db()
    assert license.state == license.State.DELIVERED
    assert phases.count("Reading measurements") == built  # charge tells of no place, so it is not built anew
    if built == 2:
        assert (56.0, 10.0) not in places_of(license, fleet[0])
        assert (56.0, 10.0) in places_of(license, fleet[1])


def test_a_zone_that_goes_or_is_renamed_during_a_build_needs_no_other():
    union = make.union()
    fleet = make.fleet(union, 6)
    gone, renamed = hide(fleet[0]), hide(fleet[1])
    license = make.license(union, signals=EVERYTHING)
    phases = []

    def entered(phase):
        phases.append(phase)
        if phase == "Describing the file":
            drawing.remove_zone(owner=fleet[0].member, public_id=gone.public_id, now=make.NOW)
            drawing.change_zone(
                owner=fleet[1].member,
                public_id=renamed.public_id,
                label="Den",
                radius_m=500,
                vehicle=None,
                now=make.NOW,
            )

    build_dataset(license_id=license.pk, clock=lambda: make.NOW, entered=entered)
    assert phases.count("Reading measurements") == 1


def test_zones_belong_to_the_person_and_not_to_the_car():
    """The seller's zone hides nothing of the buyer's time; the buyer's own does, in the same place."""
    union = make.union()
    make.fleet(union, 5)
    seller, buyer = unions.user(), unions.user()
    car = unions.vehicle(seller)
    drawing.draw_zone(owner=seller, label="Home", place=HOME, radius_m=2000, vehicle=car, now=make.NOW)
    bought = make.PERIOD[0]
    car.owner, car.owner_epoch, car.owned_since = buyer, car.owner_epoch + 1, bought
    car.save()
    assert VehicleOwnership.objects.filter(vehicle=car).count() == 2
    row = make.member(union, vehicle=car)
    assert len(places_of(build(make.license(union, signals=EVERYTHING)), row)) == 30
    hide(row)
    assert 0 < len(places_of(build(make.license(union, signals=EVERYTHING)), row)) < 30


def test_statistics_hold_no_place_and_are_not_thinned():
    union = make.union()
    fleet = make.fleet(union, 6)
    before = build(make.license(union, tier="aggregate", signals=(make.SPEED,))).datasets.get()
    for row in fleet:
        hide(row)
    after = build(make.license(union, tier="aggregate", signals=(make.SPEED,))).datasets.get()
    assert after.manifest["files"][0]["sha256"] == before.manifest["files"][0]["sha256"]


def test_the_drivers_picture_of_what_buyers_see_agrees_with_the_file():
    union = make.union()
    fleet = make.fleet(union, 6)
    row = fleet[0]
    before = outlook.buyers_view(vehicle=row.vehicle, owner=row.member, now=make.NOW)["features"]
    hide(row)
    after = outlook.buyers_view(vehicle=row.vehicle, owner=row.member, now=make.NOW)["features"]
    shown = [feature for feature in after if not feature["properties"]["withheld"]]
    assert len(shown) < len([feature for feature in before if not feature["properties"]["withheld"]])
    license = build(make.license(union, signals=EVERYTHING))
    mine = [told for told in rows_of(license) if told["pid"] == pid_of(license, row)]
    assert len({told["cell"] for told in mine if told["cell"]}) == len(shown)
