"""Whether a vehicle was driven in a week. Pure: evidence in, verdict out, every refusal with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

SIGNED_KINDS = ("hardware", "connection", "phone")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is required; kilometers, shares of 1, days."""

    least_km: float = 5.0
    agree_share: float = 0.2
    agree_km: float = 2.0
    lone_km: float = 10.0  # where positions are the only witness
    lone_days: int = 2
    doubted: float = 0.3
    towed: float = 0.5
    tow_km: float = 1.0


@dataclass(frozen=True, slots=True)
class Drive:
    """One trip's evidence. `copy` is the code of what it is a copy of, or empty."""

    trip_id: int
    started_at: datetime
    ended_at: datetime
    kind: str  # hardware, connection, phone, import, simulator
    signed: bool  # whole envelopes, by a paired device that is not simulated
    gps_km: float
    fixes: int
    doubted: int
    tow_km: float  # positions move while ignition, speed and engine say that the car stands
    wheel_km: float | None = None  # the car's own speed over time
    told: bool = False  # the car's own speed, engine, ignition or odometer was told
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """All that is known of a vehicle's week in one owner epoch."""

    drives: Sequence[Drive] = ()
    odometer_km: float | None = None  # by signed sources where there are any
    tow_km: float = 0.0  # outside of drives
    readings: int = 0
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, or what is worth saying; `facts` are figures for its sentence."""

    code: str
    facts: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`refused` names the trips that do not count, by code."""

    proved: bool
    earns: bool
    kind: str
    km: float
    gps_km: float
    odometer_km: float | None
    trips: int
    days: int
    signed_share: float
    witnesses: int
    reasons: list[Reason]
    refused: dict[int, str]


def judge(week: Week, bounds: Bounds | None = None) -> Verdict:
    """The verdict on one week.

    Signed drives are judged alone where there are any, so that a file never helps nor harms a device. Movement is
    proved by drives of 5 km together whose length two independent measures agree on (positions, and the odometer or
    else the car's own speed, within 20 % or 2 km); positions alone must tell of 10 km on two days, and only a phone's
    may stand alone. It earns if signed.
    """
    bounds = bounds or Bounds()
    every = once(week.drives)
    signed = [drive for drive in every if drive.signed]
    judged = signed or every
    refused = {drive.trip_id: code for drive in judged if (code := refusal(drive, bounds))}
    good = [drive for drive in judged if drive.trip_id not in refused]
    km, days = sum(drive.gps_km for drive in good), len({drive.started_at.date() for drive in good})
    witnesses, disagreement = witness(week, judged, good, bounds)
    against = [Reason(code, {"trips": list(refused.values()).count(code)}) for code in sorted(set(refused.values()))]
    failing = shortfall(week, judged, km, bounds)
    if not failing and disagreement:
        failing = [disagreement]
    if not failing and witnesses == 1 and (km < bounds.lone_km or days < bounds.lone_days):
        failing = [Reason("one_witness", {"km": round(km, 1), "of": bounds.lone_km, "days": days})]
    proved = not failing
    barred = [] if signed and not week.simulated else barring(week, judged)
    total = sum(drive.gps_km for drive in every)
    return Verdict(
        proved=proved,
        earns=proved and not barred and bool(signed),
        kind=main_kind(good or judged),
        km=round(km, 3),
        gps_km=round(sum(drive.gps_km for drive in judged), 3),
        odometer_km=None if week.odometer_km is None else round(week.odometer_km, 3),
        trips=len(good),
        days=days,
        signed_share=round(sum(drive.gps_km for drive in signed) / total, 4) if total else 0.0,
        witnesses=witnesses if good else 0,
        reasons=failing + barred + against,
        refused=refused,
    )


def once(drives: Sequence[Drive]) -> list[Drive]:
    """Each stretch of time once: what a second source of the vehicle tells of the same drive is left out."""
    kept: list[Drive] = []
    for drive in sorted(drives, key=lambda drive: (not drive.signed, drive.started_at, drive.trip_id)):
        if all(drive.started_at > other.ended_at or drive.ended_at < other.started_at for other in kept):
            kept.append(drive)
    return kept


def refusal(drive: Drive, bounds: Bounds) -> str:
    """Why a drive does not count, or nothing."""
    if drive.copy:
        return drive.copy
    if drive.fixes < 2:
        return "no_positions"
    if drive.doubted > bounds.doubted * (drive.fixes + drive.doubted):
        return "doubtful_track"
    if drive.tow_km > bounds.towed * drive.gps_km:
        return "towed"
    if drive.kind in ("hardware", "connection") and not drive.told:
        return "no_car_signals"
    return ""


def agree(one: float, other: float, bounds: Bounds) -> bool:
    return abs(one - other) <= max(bounds.agree_km, bounds.agree_share * max(one, other))


def witness(week: Week, judged: Sequence[Drive], good: Sequence[Drive], bounds: Bounds) -> tuple[int, Reason | None]:
    """How many measures of distance agree, and which disagrees with positions.

    The odometer runs on drives that do not count too, except on copies, which never were.
    """
    driven = sum(drive.gps_km for drive in judged if not drive.copy)
    if week.odometer_km is not None:
        if agree(driven, week.odometer_km, bounds):
            return 2, None
        facts = {"gps_km": round(driven, 1), "odometer_km": round(week.odometer_km, 1)}
        return 1, Reason("odometer_disagrees", facts)
    wheeled = [drive for drive in good if drive.wheel_km is not None and drive.kind != "phone"]
    gps, wheel = sum(drive.gps_km for drive in wheeled), sum(drive.wheel_km or 0.0 for drive in wheeled)
    if not wheeled or gps < 0.5 * sum(drive.gps_km for drive in good):
        return 1, None
    if agree(gps, wheel, bounds):
        return 2, None
    return 1, Reason("speed_disagrees", {"gps_km": round(gps, 1), "speed_km": round(wheel, 1)})


def shortfall(week: Week, judged: Sequence[Drive], km: float, bounds: Bounds) -> list[Reason]:
    """Why too little was driven, or nothing."""
    if not judged and week.tow_km >= bounds.tow_km:
        return [Reason("towed", {"km": round(week.tow_km, 1)})]
    if not judged:
        return [Reason("no_trip" if week.readings else "no_readings")]
    if km < bounds.least_km:
        return [Reason("too_little", {"km": round(km, 1), "of": bounds.least_km})]
    return []


def barring(week: Week, judged: Sequence[Drive]) -> list[Reason]:
    """Why movement that may be proved does not earn."""
    if week.simulated or any(drive.kind == "simulator" for drive in judged):
        return [Reason("simulator")]
    if not judged:
        return []
    return [Reason("imported" if all(drive.kind == "import" for drive in judged) else "not_signed")]


def main_kind(drives: Sequence[Drive]) -> str:
    """By what most kilometers were measured."""
    sums: dict[str, float] = {}
    for drive in drives:
        sums[drive.kind] = sums.get(drive.kind, 0.0) + drive.gps_km
    return max(sorted(sums), key=lambda kind: sums[kind]) if sums else "none"
