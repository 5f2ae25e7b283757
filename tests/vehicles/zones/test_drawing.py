"""Zones are drawn, changed and removed by their owner alone; the place they are drawn around is kept nowhere."""

import json

import pytest
from django.db import IntegrityError, connection, transaction

from dimo.audit.models import AuditEvent
from tests.vehicles.factories import NOW, make_user, make_vehicle
from vehicles.models import PrivacyZone, Vehicle
from vehicles.zones import circles, drawing
from vehicles.zones.drawing import Place
from vehicles.zones.enforced import enforced_zones
from vehicles.zones.selectors import zones_of

pytestmark = pytest.mark.django_db
HOME = Place(10.123456, 20.654321)


def draw(owner, **fields):
    facts = {"label": "Home", "place": HOME, "radius_m": 500, "now": NOW, **fields}
    return drawing.draw_zone(owner=owner, **facts)


def change(owner, zone, **fields):
    facts = {"label": zone.label, "radius_m": zone.radius_m, "vehicle": zone.vehicle, "now": NOW, **fields}
    return drawing.change_zone(owner=owner, public_id=zone.public_id, **facts)


def around(zone):
    return circles.Circle(zone.lat, zone.lon, zone.radius_m)


def test_only_the_shifted_circle_is_kept_and_it_is_the_one_that_was_shown():
    owner = make_user()
    shown = drawing.circle_around(owner=owner, place=HOME, radius_m=500)
    zone = draw(owner)
    assert (zone.lat, zone.lon) == (shown.lat, shown.lon) != (HOME.lat, HOME.lon)
    assert circles.contains(around(zone), *HOME)
    kept = json.dumps([*PrivacyZone.objects.values(), *AuditEvent.objects.values()], default=str)
    assert "10.1234" not in kept
    assert "20.6543" not in kept


def test_the_trail_tells_of_every_change_without_a_coordinate_or_the_name():
    owner = make_user()
    zone = draw(owner)
    change(owner, zone, label="Mother")
    drawing.remove_zone(owner=owner, public_id=zone.public_id, now=NOW)
    events = list(AuditEvent.objects.order_by("at", "action"))
    assert {event.action for event in events} == {f"privacy_zone.{what}" for what in ("drawn", "changed", "removed")}
    assert {json.dumps(event.detail) for event in events} == {'{"radius_m": 500, "vehicles": "all"}'}
    assert {event.subject for event in events} == {owner}


def test_a_zone_that_grows_keeps_its_center_and_still_holds_the_place():
    owner = make_user()
    zone = draw(owner, radius_m=300)
    grown = change(owner, zone, radius_m=2000)
    assert (grown.lat, grown.lon) == (zone.lat, zone.lon)
    assert circles.contains(around(grown), *HOME)


def test_a_zone_shrinks_only_where_its_place_is_said_again():
    owner = make_user()
    zone = draw(owner, radius_m=1000)
    with pytest.raises(drawing.PlaceNeeded):
        change(owner, zone, radius_m=300)
    shrunk = change(owner, zone, radius_m=300, place=HOME)
    assert circles.contains(around(shrunk), *HOME)
    with pytest.raises(IntegrityError, match="drawn anew"), transaction.atomic():
        PrivacyZone.objects.filter(pk=draw(owner, radius_m=1000).pk).update(radius_m=300)


def test_nothing_changed_is_nothing_noted():
    owner = make_user()
    change(owner, draw(owner))
    assert AuditEvent.objects.filter(action="privacy_zone.changed").count() == 0


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"radius_m": 400}, drawing.RadiusUnknown),
        ({"place": Place(91.0, 0.0)}, drawing.PlaceNotOnEarth),
        ({"place": Place(float("nan"), 0.0)}, drawing.PlaceNotOnEarth),
        ({"place": Place(0.0, 181.0)}, drawing.PlaceNotOnEarth),
        ({"label": " \x00 "}, drawing.LabelInvalid),
        ({"label": "x" * 41}, drawing.LabelInvalid),
    ],
)
def test_what_is_no_zone_is_refused(fields, refusal):
    with pytest.raises(refusal):
        draw(make_user(), **fields)


def test_twenty_zones_are_enough():
    owner = make_user()
    for _ in range(drawing.MOST_ZONES):
        draw(owner)
    with pytest.raises(drawing.TooManyZones):
        draw(owner)


def test_somebody_elses_zone_is_not_there():
    owner, stranger = make_user(), make_user()
    zone = draw(owner)
    with pytest.raises(drawing.ZoneGone):
        change(stranger, zone)
    with pytest.raises(drawing.ZoneGone):
        drawing.remove_zone(owner=stranger, public_id=zone.public_id, now=NOW)
    assert list(zones_of(owner=stranger)) == []
    assert list(zones_of(owner=owner)) == [zone]


def test_a_zone_is_for_a_vehicle_of_its_owner():
    owner, theirs = make_user(), make_vehicle()
    with pytest.raises(Vehicle.DoesNotExist):
        draw(owner, vehicle=theirs)
    with pytest.raises(IntegrityError, match="vehicle of its owner"), transaction.atomic():
        PrivacyZone.objects.create(owner=owner, vehicle=theirs, label="x", radius_m=300, lat=0, lon=0)


def test_a_zone_counts_for_its_persons_cars_and_leaves_with_the_person():
    seller, buyer = make_user(), make_user()
    sold, kept = make_vehicle(owner=seller), make_vehicle(owner=seller)
    draw(seller)
    draw(seller, vehicle=sold)
    assert [zone.vehicle_id for zone in enforced_zones(owners={sold.pk: seller.pk, kept.pk: seller.pk})] == sorted(
        [sold.pk, sold.pk, kept.pk]
    )
    assert enforced_zones(owners={sold.pk: buyer.pk}) == ()
    assert enforced_zones(owners={}) == ()


def test_zones_are_enforced_wider_than_drawn_and_each_vehicle_by_another_margin():
    owner = make_user()
    zone = draw(owner)
    owners = {make_vehicle(owner=owner).pk: owner.pk for _ in range(2)}
    first, second = enforced_zones(owners=owners)
    assert {first.circle.radius_m, second.circle.radius_m}.isdisjoint({zone.radius_m})
    assert first.circle.radius_m != second.circle.radius_m
    assert all(800 <= one.circle.radius_m <= 1400 for one in (first, second))


def test_the_database_refuses_circles_that_no_rule_makes():
    owner = make_user()
    for wrong in ({"lat": 91}, {"lon": 180}, {"radius_m": 400}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PrivacyZone.objects.create(**{"owner": owner, "label": "x", "radius_m": 300, "lat": 0, "lon": 0, **wrong})
    assert connection.in_atomic_block
