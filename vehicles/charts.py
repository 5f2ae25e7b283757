"""What the chart of speed and level draws: one time axis, gaps as null, charging as bands."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from vehicles import measurements
from vehicles.models import Vehicle
from vehicles.places import zone_of
from vehicles.signals import BATTERY_LEVEL, BATTERY_POWER, FUEL_LEVEL, IS_CHARGING, SPEED

GAP_SECONDS = 300
SILENT = timedelta(days=1)


def chart_data(
    *, vehicle: Vehicle, since: datetime | None, until: datetime, length: timedelta = SILENT
) -> dict[str, Any]:
    """The chart's data in `[since, until)`; without `since` the last `length` up to the newest reading.

    A car that has been silent for long still shows its last day, and the words say when that was.
    """
    last = {value.signal.id: value for value in measurements.last_values(vehicle=vehicle)}
    if since is None:
        newest = max((value.ts for value in last.values()), default=until)
        until = min(until, newest + timedelta(minutes=1)) if until - newest > SILENT else until
        since = until - length
    level = BATTERY_LEVEL if BATTERY_LEVEL in last or FUEL_LEVEL not in last else FUEL_LEVEL
    series = measurements.series(vehicle=vehicle, signal_ids=(SPEED, level), since=since, until=until)
    axis, speed, levels = together(series.points[SPEED], series.points[level], max(series.step, GAP_SECONDS))
    zone = zone_of(vehicle)
    return {
        "t": axis,
        "speed": speed,
        "level": levels,
        "level_name": _("Battery") if level == BATTERY_LEVEL else _("Fuel"),
        "charging": charging(vehicle=vehicle, since=since, until=until),
        "timezone": zone.key,
        "from": since.timestamp(),
        "to": until.timestamp(),
        "step": series.step,
        "summary": f"{since.astimezone(zone):%b %-d, %H:%M} – {until.astimezone(zone):%b %-d, %H:%M}",
    }


def nothing_to_draw(*, timezone: str, until: datetime, length: timedelta) -> dict[str, Any]:
    """The same answer for somebody without a vehicle: no points, so that the page says so."""
    span = {"from": (until - length).timestamp(), "to": until.timestamp(), "step": GAP_SECONDS}
    empty: dict[str, Any] = {"t": [], "speed": [], "level": [], "charging": []}
    return {**empty, **span, "level_name": _("Battery"), "timezone": timezone, "summary": ""}


def together(
    speed: list[tuple[datetime, float]], level: list[tuple[datetime, float]], gap: float
) -> tuple[list[float], list[float | None], list[float | None]]:
    """Both curves on one axis: the level holds until told otherwise, the speed breaks where nothing was measured."""
    speeds = {ts.timestamp(): value for ts, value in speed}
    levels = {ts.timestamp(): value for ts, value in level}
    for before, after in zip(list(speeds), list(speeds)[1:], strict=False):
        if after - before > gap * 1.5:
            speeds[before + 1] = None  # type: ignore[assignment]
    axis = sorted(speeds.keys() | levels.keys())
    held: float | None = None
    curve: list[float | None] = []
    for t in axis:
        held = levels.get(t, held)
        curve.append(None if held is None else round(held, 2))
    told = [speeds.get(t) for t in axis]
    return axis, [None if kmh is None else round(kmh, 1) for kmh in told], curve


def charging(*, vehicle: Vehicle, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Stretches in which the car said that it charges, of a minute at least."""
    step = None if until - since <= timedelta(days=1) else 300
    points = measurements.series(
        vehicle=vehicle, signal_ids=(IS_CHARGING, BATTERY_POWER), since=since, until=until, step=step
    ).points[IS_CHARGING]
    bands: list[dict[str, Any]] = []
    begun: datetime | None = None
    for ts, value in [*points, (until, 0.0)]:
        if value > 0 and begun is None:
            begun = ts
        elif value == 0 and begun is not None:
            end = min(ts, until)
            if end - begun >= timedelta(minutes=1):
                bands.append({"from": begun.timestamp(), "to": end.timestamp(), "label": _("Charging")})
            begun = None
    return bands
