"""Made drives that look like drives, the ways in which somebody might tell them again, and weeks of them."""

import itertools
import math
import random
from datetime import UTC, date, datetime, timedelta
from functools import cache

from tests.vehicles.devices import make_client
from tests.vehicles.factories import make_vehicle
from vehicles import telemetry, trips
from vehicles.models import Source
from vehicles.movement.shapes import DEGREE_M, Fix
from vehicles.readings import Message
from vehicles.signals import IGNITION, LATITUDE, LONGITUDE, ODOMETER, SPEED

WEEK = date(2026, 10, 5)
MONDAY = datetime(2026, 10, 5, 8, tzinfo=UTC)
NOW = datetime(2026, 10, 16, tzinfo=UTC)
ROAD = 7


@cache
def laid(road: int) -> list[tuple[float, float]]:
    """A road's positions, one a meter."""
    turns = random.Random(road)
    lat, lon, found = 10.0, 20.0, []
    for meter in range(30_000):
        if meter % 300 == 0:
            heading = 1.0 + turns.gauss(0, 0.5)
        lat += math.cos(heading) / DEGREE_M
        lon += math.sin(heading) / DEGREE_M / math.cos(math.radians(10))
        found.append((lat, lon))
    return found


def told(
    *,
    driver: int,
    road: int = ROAD,
    km: float = 9.0,
    start: datetime = MONDAY,
    step: int = 5,
    odometer: float = 5_000.0,
) -> list[Message]:
    """A drive along a road (its turns) by a driver (their speeds and stops); odometer and speed as a car tells."""
    way_of = laid(road)
    habits = random.Random(driver)
    way, t, speed = 0.0, 0.0, 0.0
    found = []
    wish, until = 50.0, 0.0
    while way < km * 1000:
        if t >= until:
            wish, until = habits.choice([0, 25, 35, 50, 50, 65, 80]), t + habits.uniform(15, 70)
        speed += max(-12.0, min(8.0, wish - speed))
        way += speed / 3.6 * step
        lat, lon = way_of[int(way)]
        values = {LATITUDE: lat, LONGITUDE: lon, SPEED: speed, IGNITION: 1.0, ODOMETER: odometer + way / 1000}
        found.append(Message(start + timedelta(seconds=t), values))
        t += step
    return found


def fixes(messages: list[Message]) -> list[Fix]:
    return [Fix(m.ts.timestamp(), m.values[LATITUDE], m.values[LONGITUDE]) for m in messages]


def shifted(track: list[Fix], seconds: float = 700_000.0) -> list[Fix]:
    return [fix._replace(t=fix.t + seconds) for fix in track]


def jittered(track: list[Fix], meters: float = 5.0, seconds: float = 0.5) -> list[Fix]:
    noise = random.Random(3)
    return sorted(
        Fix(
            fix.t + noise.gauss(0, seconds),
            fix.lat + noise.gauss(0, meters) / DEGREE_M,
            fix.lon + noise.gauss(0, meters) / DEGREE_M / math.cos(math.radians(fix.lat)),
        )
        for fix in track
    )


def backwards(track: list[Fix]) -> list[Fix]:
    return [fix._replace(t=track[0].t + track[-1].t - fix.t) for fix in reversed(track)]


def stretched(track: list[Fix], by: float = 1.2) -> list[Fix]:
    return [fix._replace(t=track[0].t + (fix.t - track[0].t) * by) for fix in track]


def resampled(track: list[Fix], step: float = 7.0) -> list[Fix]:
    found, t = [], track[0].t + 1.3
    for before, after in itertools.pairwise(track):
        while t <= after.t:
            share = (t - before.t) / (after.t - before.t)
            lat = before.lat + share * (after.lat - before.lat)
            found.append(Fix(t, lat, before.lon + share * (after.lon - before.lon)))
            t += step
    return found


def part(track: list[Fix]) -> list[Fix]:
    return track[len(track) // 4 : -len(track) // 8]


def lengthened(track: list[Fix]) -> list[Fix]:
    end = track[-1]
    more = [Fix(end.t + 5 * n, end.lat + 0.0003 * n * math.sin(n / 9), end.lon + 0.0005 * n) for n in range(1, 60)]
    return track + more


def device_source(vehicle=None, grade=Source.Grade.ENVELOPE, **client) -> Source:
    made = make_client(vehicle, paired_for=timedelta(days=120), **client)
    return Source.objects.create(vehicle=made.vehicle, kind=Source.Kind.DEVICE, device=made.device, grade=grade)


def simulated_source() -> Source:
    return Source.objects.create(vehicle=make_vehicle(simulated=True), kind=Source.Kind.SIMULATOR)


def drive(source: Source, messages: list[Message], now: datetime = NOW) -> list:
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=messages, now=now)
    since, until = messages[0].ts, messages[-1].ts
    return trips.cut_trips(vehicle=source.vehicle, source=source, since=since, until=until, now=now)


def retold(track: list[Fix], like: list[Message]) -> list[Message]:
    """Readings of a car that claims this track, with a speed and an odometer made to fit it."""
    found, way = [], 0.0
    for before, after in itertools.pairwise(track):
        north = (after.lat - before.lat) * DEGREE_M
        east = (after.lon - before.lon) * DEGREE_M * math.cos(math.radians(after.lat))
        meters, seconds = math.hypot(north, east), max(after.t - before.t, 0.1)
        way += meters / 1000
        values = {LATITUDE: after.lat, LONGITUDE: after.lon, SPEED: min(meters / seconds * 3.6, 150.0), IGNITION: 1.0}
        found.append(Message(datetime.fromtimestamp(after.t, UTC), values | {ODOMETER: 9_000 + way}))
    return found
