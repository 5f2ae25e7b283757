"""A place always lies in its circle, whose center tells nothing of where; nothing here stops at the antimeridian."""

from math import atan2, cos, hypot, pi, radians

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vehicles.models import PrivacyZone
from vehicles.signals import cell_of
from vehicles.zones import circles
from vehicles.zones.circles import Circle
from vehicles.zones.enforced import Enforced, touched_areas

KEY = bytes(range(32))
lats = st.floats(-90, 90)
lons = st.one_of(st.floats(-180, 180), st.floats(179.9, 180), st.floats(-180, -179.9))
radii = st.sampled_from(PrivacyZone.Radius.values)
people = st.binary(min_size=16, max_size=16)


@given(lat=lats, lon=lons, radius=radii, person=people)
def test_the_place_lies_in_its_circle_and_not_at_its_edge(lat, lon, radius, person):
    circle = circles.shifted(key=KEY, person=person, lat=lat, lon=lon, radius_m=radius)
    assert circles.distance_m(lat, lon, circle.lat, circle.lon) <= circles.SHIFT_SHARE * radius + 0.01
    assert circles.contains(circle, lat, lon)
    assert -90 <= circle.lat <= 90
    assert -180 <= circle.lon < 180


@given(lat=lats, lon=lons, radius=radii, person=people)
def test_the_same_place_drawn_again_gives_the_same_circle_and_another_key_another(lat, lon, radius, person):
    facts = {"person": person, "lat": lat, "lon": lon, "radius_m": radius}
    assert circles.shifted(key=KEY, **facts) == circles.shifted(key=KEY, **facts)
    assert circles.shifted(key=bytes(32), **facts) != circles.shifted(key=KEY, **facts)


def offsets(count: int, **changed) -> list[tuple[float, float]]:
    """East and north, in shares of the farthest shift, of many people's circles around one place."""
    found = []
    for number in range(count):
        facts = {"key": KEY, "person": number.to_bytes(16, "big"), "lat": 48.2, "lon": 11.6, "radius_m": 500, **changed}
        circle = circles.shifted(**facts)
        north = radians(circle.lat - facts["lat"]) * circles.EARTH_M
        east = radians(circle.lon - facts["lon"]) * circles.EARTH_M * cos(radians(facts["lat"]))
        most = circles.SHIFT_SHARE * facts["radius_m"]
        found.append((east / most, north / most))
    return found


def test_the_shift_is_uniform_in_its_disc_and_has_no_direction():
    found = offsets(4000)
    sectors, rings = [0] * 8, [0] * 5
    for east, north in found:
        sectors[int((atan2(north, east) + pi) / (2 * pi) * 8) % 8] += 1
        rings[min(4, int(hypot(east, north) ** 2 * 5))] += 1
    assert chi_square(sectors) < 24.3  # seven degrees of freedom, one in a thousand
    assert chi_square(rings) < 18.5  # four
    assert abs(sum(east for east, _ in found)) / len(found) < 0.03
    assert abs(sum(north for _, north in found)) / len(found) < 0.03


def test_two_radii_of_one_place_are_shifted_independently():
    """If one shift were the other's multiple, two circles would name the place."""
    pairs = list(zip(offsets(2000), offsets(2000, radius_m=1000), strict=True))
    dot = sum(a[0] * b[0] + a[1] * b[1] for a, b in pairs) / len(pairs)
    assert abs(dot) < 0.05  # equal shifts would give a half


def chi_square(counts: list[int]) -> float:
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


def test_margins_are_spread_over_their_range_and_differ_by_vehicle_and_zone():
    found = [circles.margin_m(key=KEY, vehicle=bytes([v]), zone=bytes([z])) for v in range(40) for z in range(40)]
    low, high = circles.MARGIN_M
    assert len(set(found)) == 1600
    assert low <= min(found) < low + 10
    assert high - 10 < max(found) < high
    assert chi_square([sum(low + 100 * n <= one < low + 100 * (n + 1) for one in found) for n in range(6)]) < 20.5


@given(lat=lats, lon=lons, radius=st.floats(300, 2900), far=st.floats(0, 1), turn=st.floats(0, 2 * pi))
def test_every_position_in_a_circle_lies_in_a_touched_area_and_in_the_box(lat, lon, radius, far, turn):
    circle = Circle(lat, circles.wrapped(lon), radius)
    at = circles.moved(circle.lat, circle.lon, meters=radius * far, bearing=turn)
    touched = circles.areas_touching(circle)
    assert h3.latlng_to_cell(*at, 7) in touched
    box = circles.reach(circle)
    assert abs(at[0] - circle.lat) <= box.lat + 1e-9
    assert abs(circles.wrapped(at[1] - circle.lon)) <= box.lon + 1e-9


def test_a_small_circle_in_the_middle_of_an_area_touches_no_other():
    lat, lon = h3.cell_to_latlng(h3.latlng_to_cell(48.2, 11.6, 7))
    assert len(circles.areas_touching(Circle(lat, lon, 300.0))) == 1
    assert len(circles.areas_touching(Circle(lat, lon, 1600.0))) == 7


def test_touched_areas_are_told_as_they_are_stored():
    zone = Enforced(7, Circle(0.0, -180.0, 1000.0))
    areas = touched_areas([zone])
    assert {cell_of(value) for _, value in areas} == circles.areas_touching(zone.circle)
    assert {vehicle for vehicle, _ in areas} == {7}


@pytest.mark.parametrize("lat", [0.0, 65.0, -89.9999])
def test_moving_there_and_measuring_agree(lat):
    there = circles.moved(lat, 179.9999, meters=1234.5, bearing=1.1)
    assert circles.distance_m(lat, 179.9999, *there) == pytest.approx(1234.5, abs=0.01)
