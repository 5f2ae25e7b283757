"""Charging sessions of a vehicle: cut from what a source measured, found again when data comes late, counted once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from vehicles import latest, signals
from vehicles.charging import cutting
from vehicles.charging.points import Cut, Point
from vehicles.models import ChargingSession, Source, Vehicle
from vehicles.ownership_selectors import by_tenure, epoch_at, tenures_of
from vehicles.signals import by_name
from vehicles.store import nearest, reading
from vehicles.store.cold import Told

REACH = timedelta(hours=36)
CONTEXT = timedelta(days=14)
BATTERY = "powertrainTractionBattery"
CHARGING = f"{BATTERY}Charging"
FIELDS = {
    signals.BATTERY_LEVEL: "soc",
    signals.IS_CHARGING: "charging",
    by_name[f"{CHARGING}IsChargingCableConnected"].id: "plugged",
    by_name[f"{CHARGING}Power"].id: "charger_kw",
    signals.BATTERY_POWER: "battery_kw",
    by_name[f"{CHARGING}AddedEnergy"].id: "added",
    by_name[f"{CHARGING}ChargeCurrentAC"].id: "current_ac",
    signals.SPEED: "speed",
    signals.ODOMETER: "odometer",
    signals.CELL: "cell",
    by_name[f"{BATTERY}StateOfChargeCurrentEnergy"].id: "stored",
    by_name[f"{BATTERY}GrossCapacity"].id: "capacity",
    by_name[f"{BATTERY}StateOfHealth"].id: "soh",
    by_name[f"{BATTERY}Range"].id: "range_km",
}
SIGNS = frozenset({signals.BATTERY_LEVEL, signals.IS_CHARGING, by_name[f"{CHARGING}Power"].id})
COUNTER = by_name[f"{CHARGING}AddedEnergy"].id
MICROSECOND = timedelta(microseconds=1)
COPY_SHARE = 0.75
COPY_LOCKS, COPY_SLOTS = 0xC4A26E, 512


class Charged(NamedTuple):
    """Energy charged in a period, kWh, and the sessions that prove it.

    `by_level_kwh` is the part known only by the charge level, `doubted_kwh` the part of sessions with any doubt;
    `unknown` counts sessions of which no energy is known, and `signed_kwh` is what whole-message signatures vouch for.
    """

    kwh: float
    signed_kwh: float
    by_level_kwh: float
    doubted_kwh: float
    unknown: int
    risen_pct: float
    sessions: tuple[UUID, ...]


@transaction.atomic
def cut_sessions(*, vehicle: Vehicle, source: Source, since: datetime, until: datetime) -> list[ChargingSession]:
    """Cut what a source measured in `[since, until]` into charging sessions; returns those that lie there now.

    Idempotent: sessions found again keep their identity and what the owner wrote to them. Reads on to the nearest
    driving on either side, a day and a half at most, so that late data joins what it belongs to. Another source's
    session at the same time, and one with the same readings under another vehicle, is a duplicate: it counts once. No
    session passes from one owner's time into the next.
    """
    Source.objects.select_for_update().get(pk=source.pk, vehicle=vehicle)
    asked = (since, until)
    since, until = whole_sessions(source=source, since=since, until=until)
    points = read_points(source=source, since=since, until=until) if has_battery(vehicle_id=vehicle.pk) else []
    tenures = tenures_of(vehicle=vehicle)
    pieces = (piece for part in by_tenure(points, tenures) for piece in cutting.cut(part))
    cuts = [piece for piece in pieces if piece.ended_at >= since]
    old = list(source.charging_sessions.filter(ended_at__gte=since, started_at__lte=until).order_by("started_at"))
    kept = match(cuts, old)
    forget([session for session in old if session not in kept.values()])
    copies = list(ChargingSession.objects.filter(duplicate_of__in=kept.values()))
    found = [
        save(kept.get(number) or begun(source, vehicle), piece, epoch_at(tenures, piece.started_at))
        for number, piece in enumerate(cuts)
    ]
    compared = found + release(copies)
    wait_for_copies(vehicle=vehicle, sessions=compared)
    mark_copies(found=compared)
    settle(source=source, since=asked[0], until=asked[1])
    return found


def settle(*, source: Source, since: datetime, until: datetime) -> None:
    """Note that a stretch was cut; what waits after it goes on waiting."""
    waiting = Source.objects.filter(pk=source.pk, uncharged_since__gte=since)
    waiting.filter(uncharged_until__lte=until).update(uncharged_since=None, uncharged_until=None)
    waiting.filter(uncharged_until__gt=until, uncharged_since__lt=until).update(uncharged_since=until)


def has_battery(*, vehicle_id: int) -> bool:
    """Whether anything ever told of a traction battery."""
    return not SIGNS.isdisjoint(latest.read(vehicle_id=vehicle_id).last)


def whole_sessions(*, source: Source, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The stretch, widened to the nearest driving, which no session spans, and to sessions that it touches."""
    at_speed: dict[str, Any] = {"signal_id": signals.SPEED, "least": cutting.MOVING_KMH}
    before = told_near(source, side="before", since=since - REACH, until=since, **at_speed)
    after = told_near(source, side="after", since=until + MICROSECOND, until=until + REACH + MICROSECOND, **at_speed)
    since, until = before.ts if before else since - REACH, after.ts if after else until + REACH
    while True:
        near = source.charging_sessions.filter(ended_at__gte=since, started_at__lte=until)
        times = list(near.values_list("started_at", "ended_at"))
        first = min([since, *(started for started, _ in times)])
        last = max([until, *(ended for _, ended in times)])
        if (first, last) == (since, until):
            return since, until
        since, until = first, last


def read_points(*, source: Source, since: datetime, until: datetime) -> list[Point]:
    """What the cutter looks at, in order, led by the last level and counter told before."""
    first = since - CONTEXT
    led = [
        told_near(source, side="before", since=first, until=since, signal_id=signal, signal_ids=FIELDS)
        for signal in (signals.BATTERY_LEVEL, COUNTER)
    ]
    before = {told.ts: told for told in led if told is not None}
    inside = reading.messages(
        vehicle_id=source.vehicle_id,
        source_id=source.pk,
        stretches=[(since, until + MICROSECOND)],
        signal_ids=FIELDS,
    )
    return [
        point_of(told.ts, dict(zip(told.sig, told.val, strict=True)))
        for told in [*(before[ts] for ts in sorted(before)), *inside]
    ]


def told_near(source: Source, **asked: Any) -> Told | None:
    """The nearest message of a source that told a signal."""
    return nearest.message(vehicle_id=source.vehicle_id, source_id=source.pk, **asked)


def point_of(ts: datetime, told: dict[int, float]) -> Point:
    facts: dict[str, float] = {name: told[signal] for signal, name in FIELDS.items() if signal in told}
    for name in ("charging", "plugged"):
        if name in facts:
            facts[name] = bool(facts[name])
    if "battery_kw" in facts:
        facts["battery_kw"] /= 1000
    return Point(at=ts, **facts)  # type: ignore[arg-type]


def match(cuts: Sequence[Cut], old: Sequence[ChargingSession]) -> dict[int, ChargingSession]:
    """Which earlier session goes on as which cut: one that starts at the same moment, else the first it overlaps."""
    kept: dict[int, ChargingSession] = {}
    for number, piece in enumerate(cuts):
        free = [session for session in old if session not in kept.values()]
        near = [each for each in free if each.started_at <= piece.ended_at and each.ended_at >= piece.started_at]
        near.sort(key=lambda each, start=piece.started_at: (each.started_at != start, each.started_at))  # type: ignore[misc]
        if near:
            kept[number] = near[0]
    return kept


def begun(source: Source, vehicle: Vehicle) -> ChargingSession:
    return ChargingSession(source=source, vehicle=vehicle)


def save(session: ChargingSession, piece: Cut, epoch: int) -> ChargingSession:
    """Write a charge into its session, as its owner's of then: its readings may come long after."""
    session.owner_epoch = epoch
    for name in Cut.__slots__:
        setattr(session, name, getattr(piece, name))
    session.duplicate_of = None
    session.save()
    return session


def forget(gone: Sequence[ChargingSession]) -> None:
    """Delete sessions; the first copy of a deleted one takes its place as the one that counts."""
    for session in gone:
        copies = list(session.duplicates.order_by("pk"))
        ChargingSession.objects.filter(pk__in=[copy.pk for copy in copies[1:]]).update(
            duplicate_of=copies[0] if copies else None
        )
        session.delete()


@transaction.atomic
def forget_sessions(*, source: Source) -> int:
    """Delete a source's sessions, as when its import is undone; how many there were."""
    gone = list(source.charging_sessions.select_for_update())
    forget(gone)
    return len(gone)


def release(copies: list[ChargingSession]) -> list[ChargingSession]:
    """Copies of sessions that are cut anew stand for themselves until they are compared again."""
    ChargingSession.objects.filter(pk__in=[copy.pk for copy in copies]).update(duplicate_of=None)
    for copy in copies:
        copy.duplicate_of = None
    return copies


def wait_for_copies(*, vehicle: Vehicle, sessions: Sequence[ChargingSession]) -> None:
    """Who may be cutting the same charges at this moment, of this vehicle or with these readings, comes one by one."""
    Vehicle.objects.select_for_update(of=("self",), no_key=True).get(pk=vehicle.pk)
    slots = sorted({mark % COPY_SLOTS for session in sessions for mark in session.marks})
    with connection.cursor() as cursor:
        for slot in slots:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [COPY_LOCKS, slot])


def mark_copies(*, found: Sequence[ChargingSession]) -> None:
    """Of sessions that tell of one charge, the one known longer counts; the others are its duplicates."""
    for session in found:
        if session.duplicate_of_id is not None:
            continue
        twins = ChargingSession.objects.filter(
            started_at__lt=session.ended_at, ended_at__gt=session.started_at, duplicate_of=None
        ).exclude(pk=session.pk)
        same_car = twins.filter(vehicle=session.vehicle_id).exclude(source=session.source_id)
        copied = twins.filter(marks__overlap=session.marks).exclude(vehicle=session.vehicle_id)
        others = [*same_car, *(twin for twin in copied if is_copy(session, twin))]
        earliest = min([session, *others], key=lambda each: each.pk)
        for each in (session, *others):
            if each is not earliest and each.duplicate_of_id is None:
                each.duplicate_of = earliest
                each.save(update_fields=["duplicate_of"])
                each.duplicates.update(duplicate_of=earliest)


def is_copy(one: ChargingSession, other: ChargingSession) -> bool:
    shared = len(set(one.marks) & set(other.marks))
    return shared >= COPY_SHARE * min(len(one.marks), len(other.marks))


def energy_charged(*, vehicle: Vehicle, since: datetime, until: datetime) -> Charged:
    """What was charged in `[since, until)`, kWh, under the vehicle's owner of now, with its evidence.

    A session belongs to the period in which it ended, so that adjoining periods count each charge once; one that is
    still open, or a duplicate, is not counted. `risen_pct` is the sum of percent points the level rose by.
    """
    told = ChargingSession.objects.filter(
        vehicle=vehicle, owner_epoch=vehicle.owner_epoch, duplicate_of=None, still_open=False
    ).filter(ended_at__gte=since, ended_at__lt=until)
    rows = list(told.select_related("source").order_by("started_at").defer("curve", "marks"))

    def total(chosen: Sequence[ChargingSession]) -> float:
        return round(sum(each.energy_kwh or 0.0 for each in chosen), 3)

    return Charged(
        kwh=total(rows),
        signed_kwh=total([each for each in rows if each.source.grade == Source.Grade.ENVELOPE]),
        by_level_kwh=total([each for each in rows if each.energy_method == ChargingSession.Method.LEVEL]),
        doubted_kwh=total([each for each in rows if each.doubts]),
        unknown=sum(each.energy_kwh is None for each in rows),
        risen_pct=round(sum((each.soc_to or 0.0) - (each.soc_from or 0.0) for each in rows), 2),
        sessions=tuple(each.public_id for each in rows),
    )
