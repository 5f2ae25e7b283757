"""What is known of vehicles' weeks: drives with their witnesses, the odometer, and movement that is no drive."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import F

from vehicles.models import Device, ErasedTime, Erasure, Source, Trip, Vehicle
from vehicles.motion import MAX_KMH, ODOMETER_STEP_KM, distance_km
from vehicles.movement.shapes import Fix
from vehicles.movement.verdict import Drive, Week
from vehicles.quality import Flag
from vehicles.signals import IGNITION, LATITUDE, LONGITUDE, ODOMETER, SPEED
from vehicles.store import passing, reading

RPM = 22
LATEST = 10.0  # seconds for which a car's word on itself holds
STANDS_KMH, MOVES_KMH = 2.0, 8.0
COUNTED_KM = 0.01
GAP = 300.0
DOUBTED = Flag.TELEPORT | Flag.FROZEN
Told = tuple[int, int]  # a source, in an owner epoch
READ_SIGNALS = [LATITUDE, LONGITUDE, SPEED, IGNITION, ODOMETER, RPM]
MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Counts:
    """What adds up over a stretch of one source's readings."""

    fixes: list[Fix] = field(default_factory=list)
    doubted: int = 0
    gps_km: float = 0.0
    tow_km: float = 0.0
    wheel_km: float = 0.0
    wheeled: bool = False
    told: bool = False


@dataclass(slots=True)
class Teller:
    """One source's readings as they pass, in order; `at` sums are given to whichever drive is on."""

    base: Fix | None = None
    speed: tuple[float, float] | None = None
    stands: tuple[float, bool] | None = None
    odometer: tuple[float, float] | None = None
    odometer_km: float = 0.0
    odometers: int = 0
    readings: int = 0

    def step(self, into: Counts, t: float, values: dict[int, float], flags: dict[int, int], inside: bool) -> None:
        self.readings += 1
        self.listen(into, t, values)
        if ODOMETER in values and inside and not flags.get(ODOMETER, 0) & Flag.ODOMETER:
            self.mark(t, values[ODOMETER])
        if LATITUDE in values and LONGITUDE in values:
            if flags.get(LATITUDE, 0) & DOUBTED:
                into.doubted += 1
            else:
                self.fix(into, Fix(t, values[LATITUDE], values[LONGITUDE]))

    def listen(self, into: Counts, t: float, values: dict[int, float]) -> None:
        """What the car says of itself."""
        if (speed := values.get(SPEED)) is not None:
            if self.speed is not None and t - self.speed[0] <= GAP:
                into.wheel_km += (self.speed[1] + speed) / 2 * (t - self.speed[0]) / 3600
            self.speed, into.wheeled = (t, speed), True
        said = [values[signal] for signal in (SPEED, RPM, IGNITION) if signal in values]
        if said:
            moves = values.get(SPEED, 0.0) > STANDS_KMH or (SPEED not in values and max(said) > 0)
            self.stands = t, not moves
        into.told = into.told or bool(said) or ODOMETER in values

    def mark(self, t: float, km: float) -> None:
        self.odometers += 1
        if self.odometer is not None:
            rise = km - self.odometer[1]
            if 0 <= rise <= MAX_KMH * (t - self.odometer[0]) / 3600 + ODOMETER_STEP_KM:
                self.odometer_km += rise
        self.odometer = t, km

    def fix(self, into: Counts, fix: Fix) -> None:
        into.fixes.append(fix)
        if (
            self.base is None or fix.t - self.base.t > GAP
        ):  # another drive begins, wherever the car was brought meanwhile
            self.base = fix
            return
        km = distance_km(self.base.lat, self.base.lon, fix.lat, fix.lon)
        if km < COUNTED_KM:
            return
        into.gps_km += km
        seconds = max(fix.t - self.base.t, 0.001)
        if self.stands and self.stands[1] and fix.t - self.stands[0] <= LATEST and km / seconds * 3600 > MOVES_KMH:
            into.tow_km += km
        self.base = fix


@dataclass(slots=True)
class Gathered:
    """A vehicle's week in one owner epoch, and its drives' fixes by trip."""

    vehicle: Vehicle
    epoch: int
    trips: list[Trip]
    week: Week
    fixes: dict[int, list[Fix]]


def bounds_of(week: date) -> tuple[datetime, datetime]:
    """`[Monday 00:00, next Monday 00:00)`, UTC."""
    since = datetime.combine(week, time(), UTC)
    return since, since + timedelta(days=7)


def trips_of(*, vehicle_ids: Sequence[int], week: date) -> list[Trip]:
    """Drives that began in a week, in order; those that their owner deleted are left out."""
    since, until = bounds_of(week)
    trips = Trip.objects.filter(vehicle__in=vehicle_ids, started_at__gte=since, started_at__lt=until, deleted_at=None)
    return list(trips.select_related("source__device", "vehicle").order_by("vehicle", "started_at", "pk"))


def kind_of(source: Source) -> str:
    if source.kind == Source.Kind.DEVICE and source.device is not None:
        return "simulator" if source.device.simulated else str(source.device.kind)
    return str(source.kind)


def signed(source: Source) -> bool:
    """Whole envelopes of a registered device; ingest stores them only for a period in which it was paired."""
    return source.grade == Source.Grade.ENVELOPE and kind_of(source) in Device.Kind.values


def gather(*, vehicles: Sequence[Vehicle], week: date) -> list[Gathered]:
    """The evidence of some vehicles' weeks, in four queries; a week with two owners is told apart.

    Nothing is told of a time whose erasure has begun; in the week before, it is judged for who stays after all.
    """
    gone = ErasedTime.objects.filter(vehicle_id__in=[vehicle.pk for vehicle in vehicles])
    erased = set(gone.exclude(erasure__state=Erasure.State.WAITING).values_list("vehicle_id", "epoch"))
    cars = {vehicle.pk: vehicle for vehicle in vehicles}
    trips = trips_of(vehicle_ids=list(cars), week=week)
    sources = {s.pk: s for s in Source.objects.filter(vehicle__in=cars).select_related("device")}
    by_source: dict[int, list[Trip]] = {}
    for trip in trips:
        by_source.setdefault(trip.source_id, []).append(trip)
    since, until = bounds_of(week)
    last = max((trip.ended_at for trip in trips), default=until)
    counts: dict[int, Counts] = {trip.pk: Counts() for trip in trips}
    tellers: dict[Told, Teller] = {}
    outside: dict[Told, Counts] = {}
    for vehicle_id, source_id, ts, values, flags in rows(list(cars), since, max(until, last + timedelta(seconds=1))):
        told = source_id, epoch_at(cars[vehicle_id], ts)
        teller = tellers.setdefault(told, Teller())
        beside = outside.setdefault(told, Counts())
        queue = by_source.get(source_id, [])
        while queue and queue[0].ended_at < ts:
            queue.pop(0)
        into = counts[queue[0].pk] if queue and queue[0].started_at <= ts else beside
        if into is beside and ts >= until:
            continue
        teller.step(into, ts.timestamp(), values, flags, ts < until)
        beside.fixes.clear()
    return [
        assembled(vehicle, epoch, trips, sources, counts, tellers, outside)
        for vehicle in cars.values()
        for epoch in sorted(
            {trip.owner_epoch for trip in trips if trip.vehicle_id == vehicle.pk}
            | {epoch_at(vehicle, since), epoch_at(vehicle, until - timedelta(microseconds=1))}
        )
        if (vehicle.pk, epoch) not in erased
    ]


def epoch_at(vehicle: Vehicle, moment: datetime) -> int:
    """Whose a moment is; of several changes of owner since then only the last is told apart."""
    before = vehicle.owned_since is not None and moment < vehicle.owned_since
    return vehicle.owner_epoch - 1 if before else vehicle.owner_epoch


def rows(vehicle_ids: list[int], since: datetime, until: datetime) -> Iterator[tuple[int, int, datetime, Any, Any]]:
    told = passing.messages(vehicle_ids=vehicle_ids, signal_ids=READ_SIGNALS, since=since, until=until)
    for vehicle_id, (ts, source_id, sig, val, flag) in told:
        flags = dict(zip(sig, flag, strict=True)) if flag else {}
        yield vehicle_id, source_id, ts, dict(zip(sig, val, strict=True)), flags


def assembled(
    vehicle: Vehicle,
    epoch: int,
    trips: Sequence[Trip],
    sources: dict[int, Source],
    counts: dict[int, Counts],
    tellers: dict[Told, Teller],
    outside: dict[Told, Counts],
) -> Gathered:
    own = [trip for trip in trips if trip.vehicle_id == vehicle.pk and trip.owner_epoch == epoch]
    heard = {pk: source for pk, source in sources.items() if source.vehicle_id == vehicle.pk and (pk, epoch) in tellers}
    trusted = {pk for pk, source in heard.items() if signed(source)} or set(heard)
    told = [tellers[pk, epoch].odometer_km for pk in trusted if tellers[pk, epoch].odometers > 1]
    week = Week(
        drives=[drive_of(trip, counts[trip.pk]) for trip in own],
        odometer_km=max(told) if told else None,
        tow_km=sum(outside[pk, epoch].tow_km for pk in trusted),
        readings=sum(tellers[pk, epoch].readings for pk in heard),
        simulated=vehicle.simulated,
    )
    return Gathered(vehicle, epoch, own, week, {trip.pk: counts[trip.pk].fixes for trip in own})


def drive_of(trip: Trip, counted: Counts) -> Drive:
    return Drive(
        trip_id=trip.pk,
        started_at=trip.started_at,
        ended_at=trip.ended_at,
        kind=kind_of(trip.source),
        signed=signed(trip.source),
        gps_km=counted.gps_km,
        fixes=len(counted.fixes),
        doubted=counted.doubted,
        tow_km=counted.tow_km,
        wheel_km=counted.wheel_km if counted.wheeled else None,
        told=counted.told,
    )


def fixes_of(*, trip: Trip) -> list[Fix]:
    """A drive's positions that are not doubted."""
    told = reading.messages(
        vehicle_id=trip.vehicle_id,
        source_id=trip.source_id,
        stretches=[(trip.started_at, trip.ended_at + MICROSECOND)],
        signal_ids=[LATITUDE, LONGITUDE],
    )
    return [
        Fix(ts.timestamp(), val[sig.index(LATITUDE)], val[sig.index(LONGITUDE)])
        for ts, _, sig, val, flag in told
        if LATITUDE in sig and LONGITUDE in sig and not (flag and flag[sig.index(LATITUDE)] & DOUBTED)
    ]


def unprinted(*, week: date) -> list[Trip]:
    """Drives of a week whose prints are missing or stale."""
    since, until = bounds_of(week)
    trips = Trip.objects.filter(started_at__gte=since, started_at__lt=until)
    fresh = trips.filter(print__ended_at=F("ended_at"), print__readings=F("readings"))
    return list(trips.exclude(pk__in=fresh.values("pk")).order_by("pk"))
