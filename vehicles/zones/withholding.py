"""What zones withhold of values that somebody else reads, page by page; never less than of a dataset.

As there, a vehicle is known to be outside between two positions that are both outside. A page sees positions of a day
on either side: where none is that near before, or after unless it may still come, the vehicle is not known to be
outside, and what tells of its place is withheld.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vehicles.models import Vehicle
from vehicles.signals import CELL, LATITUDE, LONGITUDE, by_id, cell_value_of
from vehicles.store import reading
from vehicles.zones import circles
from vehicles.zones.circles import EARTH_M, Circle
from vehicles.zones.enforced import enforced_zones, withholds

AROUND: Final = timedelta(days=1)
PLACES: Final = (LATITUDE, LONGITUDE, CELL)
DAY: Final = AROUND // timedelta(microseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Known(NamedTuple):
    """Moments (microseconds since 1970, ascending) at which a place is known, and whether it was in a zone."""

    at: np.ndarray
    inside: np.ndarray


class Guard(NamedTuple):
    """The circles of one vehicle, and the areas that they touch as signal 57 stores them."""

    circles: tuple[Circle, ...]
    areas: frozenset[float]


def guard_of(*, vehicle: Vehicle) -> Guard | None:
    """What guards a vehicle under its owner of now; None: no zone does."""
    found = tuple(zone.circle for zone in enforced_zones(owners={vehicle.pk: vehicle.owner_id}))
    if not found:
        return None
    areas = frozenset(cell_value_of(cell) for circle in found for cell in circles.areas_touching(circle))
    return Guard(found, areas)


def guarded(signals: Iterable[int]) -> list[int]:
    """Those of these signals that tell of a position, or lead to one."""
    return [signal for signal in signals if withholds(by_id[signal].signal_class)]


def let_out(*, values: pa.Table, guard: Guard | None, vehicle: Vehicle, now: datetime) -> pa.Table:
    """A vehicle's values without what its zones withhold; of the store's columns, in their order."""
    told = guarded(pc.unique(values.column("signal_id")).to_pylist()) if guard else []
    if guard is None or not told:
        return values
    signal = np.asarray(values.column("signal_id").to_numpy())
    risky = np.isin(signal, told)
    moments = micros(values)
    since, until = (EPOCH + timedelta(microseconds=int(end)) for end in (moments[risky].min(), moments[risky].max()))
    around = reading.read(
        vehicle_ids=[vehicle.pk],
        signal_ids=PLACES,
        since=since - AROUND,
        until=until + AROUND + timedelta(microseconds=1),
    )
    gone = withheld(known_places(around, guard), moments, now=(now - EPOCH) // timedelta(microseconds=1))
    gone |= (signal == CELL) & np.isin(values.column("value").to_numpy(), list(guard.areas))
    return values.filter(pa.array(~(risky & gone)))


def known_places(places: pa.Table, guard: Guard) -> Known:
    """Where a vehicle was known to be: by pairs of latitude and longitude, else by the area alone."""
    signal, value = np.asarray(places.column("signal_id").to_numpy()), np.asarray(places.column("value").to_numpy())
    at, source = micros(places), np.asarray(places.column("source_id").to_numpy())
    sides = [
        dict(zip(zip(source[signal == of], at[signal == of], strict=True), value[signal == of], strict=True))
        for of in (LATITUDE, LONGITUDE)
    ]
    pairs = sorted(sides[0].keys() & sides[1].keys())
    lat, lon = (np.array([side[pair] for pair in pairs], dtype=float) for side in sides)
    moments = np.array([moment for _, moment in pairs], dtype=np.int64)
    bare = (signal == CELL) & ~np.isin(at, moments)
    every = np.concatenate([moments, at[bare]])
    inside = np.concatenate([inside_any(guard.circles, lat, lon), np.isin(value[bare], list(guard.areas))])
    distinct, which = np.unique(every, return_inverse=True)
    any_inside = np.zeros(len(distinct), dtype=bool)
    np.logical_or.at(any_inside, which, inside)
    return Known(distinct, any_inside)


def inside_any(zones: Sequence[Circle] | Collection[Circle], lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Which positions lie in any of these circles: `circles.contains` for many at once."""
    found = np.zeros(len(lat), dtype=bool)
    for zone in zones:
        up, here = np.radians(lat), np.radians(zone.lat)
        a = np.sin((up - here) / 2) ** 2
        a += np.cos(here) * np.cos(up) * np.sin(np.radians(lon - zone.lon) / 2) ** 2
        found |= 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(1.0, a))) <= zone.radius_m
    return found


def withheld(known: Known, moments: np.ndarray, *, now: int) -> np.ndarray:
    """At which moments a vehicle is not known to be outside of every zone."""
    if not len(known.at):
        return np.ones(len(moments), dtype=bool)
    before = np.searchsorted(known.at, moments, side="right") - 1
    after = np.searchsorted(known.at, moments, side="left")
    last, first = known.at[np.maximum(before, 0)], known.at[np.minimum(after, len(known.at) - 1)]
    near_before = (before >= 0) & (moments - last <= DAY)
    near_after = (after < len(known.at)) & (first - moments <= DAY)
    outside_before = near_before & ~known.inside[np.maximum(before, 0)]
    outside_after = near_after & ~known.inside[np.minimum(after, len(known.at) - 1)]
    outside_after |= ~near_after & (moments > now - DAY)  # the next position may be yet to come
    return np.asarray(~(outside_before & outside_after))


def micros(values: pa.Table) -> np.ndarray:
    """Moments as microseconds since 1970."""
    return np.asarray(values.column("ts").cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy())
