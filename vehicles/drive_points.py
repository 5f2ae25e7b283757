"""What the trip cutter reads of a source: its points, how far a stretch reaches, and what its driver said."""

from datetime import datetime, timedelta

from vehicles import cutting, latest, signals
from vehicles.cutting import Point, Seams
from vehicles.models import HiddenStretch, Source, TripSeam
from vehicles.quality import Flag
from vehicles.store import reading

REACH = timedelta(hours=6)  # how far a stretch without gaps is followed back to its beginning
POSITION_DOUBTED = Flag.TELEPORT | Flag.FROZEN
ENERGY_LEFT, CAPACITY = 44, 46
FIELDS = {
    signals.SPEED: "speed",
    signals.IGNITION: "ignition",
    signals.ODOMETER: "odometer",
    signals.BATTERY_LEVEL: "soc",
    signals.FUEL_USED: "fuel_used",
    signals.FUEL_RATE: "fuel_rate",
    ENERGY_LEFT: "energy",
    signals.BATTERY_POWER: "power",
    signals.OUTSIDE: "celsius",
}


def whole_drives(*, source: Source, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The stretch, widened to trips it touches and back to the last gap, until neither moves it."""
    while True:
        begin, end = widened_to_trips(source, since, until)
        begin = without_gap(source, begin)
        if (begin, end) == (since, until):
            return since, until
        since, until = begin, end


def widened_to_trips(source: Source, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    near = source.trips.filter(ended_at__gte=since - cutting.GAP, started_at__lte=until + cutting.GAP)
    for started, ended in near.values_list("started_at", "ended_at"):
        since, until = min(since, started), max(until, ended)
    return since, until


def without_gap(source: Source, since: datetime) -> datetime:
    """The first of the readings that lead to a moment without a gap."""
    before = reading.messages(vehicle_id=source.vehicle_id, source_id=source.pk, stretches=[(since - REACH, since)])
    for told in reversed(before):
        if since - told.ts > cutting.GAP:
            break
        since = told.ts
    return since


def read_points(*, vehicle_id: int, source_id: int, since: datetime, until: datetime) -> list[Point]:
    """What the cutter looks at, in order; positions that are doubted are left out."""
    points = []
    stretch = (since, until + timedelta(microseconds=1))
    for ts, _, sig, val, flag in reading.messages(vehicle_id=vehicle_id, source_id=source_id, stretches=[stretch]):
        at = dict(zip(sig, val, strict=True))
        facts: dict[str, float] = {name: at[signal] for signal, name in FIELDS.items() if signal in at}
        if "ignition" in facts:
            facts["ignition"] = bool(facts["ignition"])
        if signals.LATITUDE in at and signals.LONGITUDE in at:
            place = list(sig).index(signals.LATITUDE)
            if not (flag and flag[place] & POSITION_DOUBTED):
                facts |= {"lat": at[signals.LATITUDE], "lon": at[signals.LONGITUDE]}
                facts |= {"cell": at[signals.CELL]} if signals.CELL in at else {}
        for bits in flag or ():
            facts["doubts"] = int(facts.get("doubts", 0)) | bits
        points.append(Point(at=ts, **facts))  # type: ignore[arg-type]
    return points


def said_by_driver(*, source: Source, since: datetime, until: datetime) -> Seams:
    """The joins, splits and deleted windows that meet a stretch."""
    words = TripSeam.objects.filter(source=source, ends_at__gte=since, starts_at__lte=until).order_by("starts_at", "pk")
    deleted = HiddenStretch.objects.filter(source=source, reason="deleted", ends_at__gte=since, starts_at__lte=until)
    return Seams(
        joins=[(word.starts_at, word.ends_at) for word in words if word.kind == TripSeam.Kind.JOIN],
        splits=[word.starts_at for word in words if word.kind == TripSeam.Kind.SPLIT],
        walls=list(deleted.order_by("starts_at", "pk").values_list("starts_at", "ends_at")),
    )


def capacity_kwh(*, vehicle_id: int) -> float | None:
    """The battery's capacity as the car last told it."""
    told = latest.read(vehicle_id=vehicle_id).last.get(CAPACITY)
    return told[1] if told else None
