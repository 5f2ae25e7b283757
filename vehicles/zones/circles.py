"""Circles on a sphere: how a zone is shifted off its place, what lies in it, and which areas it touches. Pure.

Angles are degrees, distances meters along great circles of the mean radius. Everything holds at the antimeridian and at
the poles.
"""

import hmac
from math import acos, asin, atan2, cos, degrees, hypot, pi, radians, sin, sqrt
from typing import Final, NamedTuple

import h3

from vehicles.signals import CELL_RESOLUTION

EARTH_M: Final = 6_371_000.0
SHIFT_SHARE: Final = 0.6  # of the radius: so far at most lies the center from the place
MARGIN_M: Final = (300.0, 900.0)
PLACE_RESOLUTION: Final = 9  # cells of about 0.1 km², in which one person draws the same circle again
PARTS: Final = 2**64
SLACK_M: Final = 5.0  # the edges of an area are drawn flat, which over its few kilometers is this wrong at most


class Circle(NamedTuple):
    """Everything within `radius_m` of a center."""

    lat: float
    lon: float
    radius_m: float


class Reach(NamedTuple):
    """How far a circle reaches from its center, in degrees; 180 of longitude: all the way round."""

    lat: float
    lon: float


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance (haversine)."""
    a = sin(radians(lat2 - lat1) / 2) ** 2
    a += cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_M * asin(sqrt(min(1.0, a)))


def contains(circle: Circle, lat: float, lon: float) -> bool:
    """Whether a position lies in the circle, its edge included."""
    return distance_m(circle.lat, circle.lon, lat, lon) <= circle.radius_m


def wrapped(lon: float) -> float:
    """A longitude in [-180, 180)."""
    return (lon + 180.0) % 360.0 - 180.0


def moved(lat: float, lon: float, *, meters: float, bearing: float) -> tuple[float, float]:
    """The position so many meters away in a direction (radians from north, clockwise)."""
    far, up = meters / EARTH_M, radians(lat)
    there = asin(max(-1.0, min(1.0, sin(up) * cos(far) + cos(up) * sin(far) * cos(bearing))))
    turn = atan2(sin(bearing) * sin(far) * cos(up), cos(far) - sin(up) * sin(there))
    return degrees(there), wrapped(lon + degrees(turn))


def shifted(*, key: bytes, person: bytes, lat: float, lon: float, radius_m: int) -> Circle:
    """The circle around a place, moved by an offset that is uniform in the disc of SHIFT_SHARE of its radius.

    The offset is a MAC of the person, the place's cell of 0.1 km² and the radius: whoever draws the same place again
    gets the same circle, so many circles cannot be averaged; and two radii of one place are moved independently, so
    that two circles do not point at what they have in common.
    """
    cell = h3.latlng_to_cell(lat, lon, PLACE_RESOLUTION)
    digest = hmac.digest(key, b"|".join([person, cell.encode(), str(radius_m).encode()]), "sha256")
    far, turn = (int.from_bytes(digest[at : at + 8], "big") / PARTS for at in (0, 8))
    center = moved(lat, lon, meters=SHIFT_SHARE * radius_m * sqrt(far), bearing=2 * pi * turn)
    return Circle(*center, float(radius_m))


def margin_m(*, key: bytes, vehicle: bytes, zone: bytes) -> float:
    """By how much more a zone is enforced for one vehicle: uniform in MARGIN_M, known to nobody without the key."""
    part = int.from_bytes(hmac.digest(key, vehicle + b"|" + zone, "sha256")[:8], "big") / PARTS
    return MARGIN_M[0] + (MARGIN_M[1] - MARGIN_M[0]) * part


def reach(circle: Circle) -> Reach:
    """A box that holds the circle: latitudes and longitudes further from the center than this are outside."""
    far = circle.radius_m / EARTH_M
    if abs(circle.lat) + degrees(far) >= 90.0:
        return Reach(degrees(far), 180.0)
    return Reach(degrees(far), degrees(asin(min(1.0, sin(far) / cos(radians(circle.lat))))))


def areas_touching(circle: Circle) -> set[str]:
    """Every H3 cell of resolution 7 that shares a point with the circle."""
    origin = h3.latlng_to_cell(circle.lat, circle.lon, CELL_RESOLUTION)
    found, looked, steps = {origin}, {origin}, 1
    while near := {cell for cell in set(h3.grid_disk(origin, steps)) - looked if area_touches(cell, circle)}:
        looked = set(h3.grid_disk(origin, steps))
        found |= near
        steps += 1
    return found


def area_touches(cell: str, circle: Circle) -> bool:
    """Whether an H3 cell and a circle share a point; in doubt of some meters they do."""
    if h3.latlng_to_cell(circle.lat, circle.lon, h3.get_resolution(cell)) == cell:
        return True
    corners = [from_center(circle, *corner) for corner in h3.cell_to_boundary(cell)]
    edges = zip(corners, [*corners[1:], corners[0]], strict=True)
    return min(origin_to_edge(a, b) for a, b in edges) <= circle.radius_m + SLACK_M


def from_center(circle: Circle, lat: float, lon: float) -> tuple[float, float]:
    """A position as meters east and north of the center, by distance and bearing."""
    up, there, turn = radians(circle.lat), radians(lat), radians(lon - circle.lon)
    cosine = sin(up) * sin(there) + cos(up) * cos(there) * cos(turn)
    far = EARTH_M * acos(max(-1.0, min(1.0, cosine)))
    bearing = atan2(sin(turn) * cos(there), cos(up) * sin(there) - sin(up) * cos(there) * cos(turn))
    return far * sin(bearing), far * cos(bearing)


def origin_to_edge(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The distance from (0, 0) to the segment between two points."""
    along = (b[0] - a[0], b[1] - a[1])
    length = along[0] ** 2 + along[1] ** 2
    at = 0.0 if not length else max(0.0, min(1.0, -(a[0] * along[0] + a[1] * along[1]) / length))
    return hypot(a[0] + at * along[0], a[1] + at * along[1])
