"""The last value of each signal of a vehicle, and where its sources' tracks stand.

One row a vehicle; its lock is what orders the writers of one vehicle.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import NamedTuple

import msgspec
from django.db import connection

from vehicles import statements
from vehicles.motion import Fix, Mark, Track
from vehicles.quality import Row
from vehicles.signals import LATITUDE, LONGITUDE, ODOMETER
from vehicles.statements import Write
from vehicles.store import tiers

LOCK = "SELECT state FROM latest WHERE vehicle_id = %s FOR UPDATE"
MAKE = "INSERT INTO latest (vehicle_id) VALUES (%s) ON CONFLICT DO NOTHING"
SAVE = """
UPDATE latest l SET state = new.state FROM unnest(%s::int4[], %s::bytea[]) new(vehicle_id, state)
WHERE l.vehicle_id = new.vehicle_id
"""
MEASURED = """
SELECT l.vehicle_id, l.state FROM latest l WHERE l.vehicle_id IN (
    SELECT p.vehicle_id FROM vehicles_pairing p JOIN vehicles_device d ON d.id = p.device_id
    WHERE d.address = ANY(%s) AND coalesce(upper(p.period), 'infinity') > now() - interval '30 days')
ORDER BY l.vehicle_id FOR UPDATE OF l
"""
NEWEST = """
SELECT DISTINCT ON (s.sig) s.sig, m.ts, s.val, m.source_id, coalesce(m.flag[s.at], 0)
FROM (SELECT vehicle_id, ts, source_id, sig, val, flag FROM message UNION ALL
      SELECT vehicle_id, ts, source_id, sig, val, flag FROM late_message) m,
     unnest(m.sig, m.val) WITH ORDINALITY s(sig, val, at)
WHERE m.vehicle_id = %s ORDER BY s.sig, m.ts DESC
"""
TRACKS_KEPT = 4


class Last(NamedTuple):
    """A signal's newest reading."""

    ts: datetime
    value: float
    source_id: int
    flag: int


class State(msgspec.Struct, array_like=True):
    """What is known of a vehicle without looking into its messages."""

    last: dict[int, Last] = {}
    tracks: dict[int, Track] = {}
    newest: datetime | None = None

    def follows(self, moment: datetime) -> bool:
        """Whether nothing at all is stored at this moment or after it."""
        return self.newest is None or self.newest < moment

    def track_of(self, source_id: int, before: datetime) -> Track:
        """What to expect of a source's next reading."""
        if self.follows(before):
            return self.tracks.get(source_id) or Track()
        track = Track()
        lat, lon, odometer = (self.last.get(signal) for signal in (LATITUDE, LONGITUDE, ODOMETER))
        if lat and lon and lat.ts == lon.ts < before and lat.source_id == lon.source_id == source_id and not lat.flag:
            track.fix = Fix(lat.ts.timestamp(), lat.value, lon.value)
        if odometer and odometer.ts < before and odometer.source_id == source_id and not odometer.flag:
            track.odometer = Mark(odometer.ts.timestamp(), odometer.value)
        return track

    def remember(self, source_id: int, rows: Sequence[Row], track: Track) -> None:
        """Put newer readings, in order, in the place of older ones."""
        fresh: dict[int, Last] = {}
        for row in reversed(rows):
            if not fresh.keys() >= set(row.signals):
                readings = map(Last, repeat(row.ts), row.values, repeat(source_id), row.flags)
                fresh = dict(zip(row.signals, readings, strict=False)) | fresh
        for signal, reading in fresh.items():
            known = self.last.get(signal)
            if known is None or known.ts <= reading.ts:
                self.last[signal] = reading
        if self.follows(rows[-1].ts):
            self.newest = rows[-1].ts
            self.tracks.pop(source_id, None)
            self.tracks[source_id] = track
            for oldest in list(self.tracks)[:-TRACKS_KEPT]:
                del self.tracks[oldest]


decoder = msgspec.msgpack.Decoder(State)
encoder = msgspec.msgpack.Encoder()


def read(*, vehicle_id: int) -> State:
    """What is known of a vehicle now, without a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM latest WHERE vehicle_id = %s", [vehicle_id])
        row = cursor.fetchone()
    return decoded(row[0]) if row else State()


def decoded(state: bytes) -> State:
    """A stored state."""
    return decoder.decode(state) if state else State()


def lock(*, vehicle_id: int) -> State:
    """What is known of a vehicle, locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [vehicle_id])
        row = cursor.fetchone()
        if row is None:
            cursor.execute(MAKE, [vehicle_id])
            cursor.execute(LOCK, [vehicle_id])
            row = cursor.fetchone()
    return decoded(row[0])


def saving(*, states: Mapping[int, State]) -> Write:
    """What writes locked states back, by vehicle."""
    return Write(SAVE, (list(states), [encoder.encode(state) for state in states.values()]))


def rebuild(*, vehicle_id: int) -> None:
    """Find the last readings anew in what is stored; reads every row of the vehicle. The state is locked."""
    state = State()
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [vehicle_id])
        for signal, ts, value, source_id, flag in cursor.fetchall():
            state.last[signal] = Last(ts.astimezone(UTC), value, source_id, flag)
    for signal, ts, value, source_id, flag in tiers.newest_sealed(vehicle_id=vehicle_id):
        sealed = Last(ts, value, source_id, flag)
        if signal not in state.last or state.last[signal].ts < sealed.ts:
            state.last[signal] = sealed
    state.newest = max((reading.ts for reading in state.last.values()), default=None)
    statements.run([saving(states={vehicle_id: state})])


def forget(*, vehicle_id: int) -> None:
    """Drop the row of a vehicle that is no more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM latest WHERE vehicle_id = %s", [vehicle_id])
