"""Privacy zones inside the dataset query: which moments and areas of a vehicle are withheld, decided in DuckDB.

A vehicle with zones is known to be outside between two positions that are both outside; everything else about where it
is, at its moment, is withheld. Of what holds only an area, an area that a zone touches counts as inside. Where no
vehicle of a build has a zone, none of this is run.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import duckdb
import pyarrow as pa

from vehicles.signals import CELL, LATITUDE, LONGITUDE
from vehicles.zones import circles
from vehicles.zones.circles import EARTH_M
from vehicles.zones.enforced import Enforced, touched_areas

PLACES: Final = (LATITUDE, LONGITUDE, CELL)  # what tells where a vehicle is
ZONE_SCHEMA: Final = pa.schema(
    [
        ("vehicle_id", pa.int32()),
        ("lat", pa.float64()),
        ("lon", pa.float64()),
        ("radius_m", pa.float64()),
        ("lat_reach", pa.float64()),
        ("lon_reach", pa.float64()),
    ]
)
AREA_SCHEMA: Final = pa.schema([("vehicle_id", pa.int32()), ("value", pa.float64())])

# The box first, on longitudes that wrap; then the haversine.
INSIDE: Final = f"""
abs(f.lat - z.lat) <= z.lat_reach AND abs((f.lon - z.lon + 540) % 360 - 180) <= z.lon_reach
AND 2 * {EARTH_M} * asin(sqrt(least(1, pow(sin(radians(f.lat - z.lat) / 2), 2)
  + cos(radians(f.lat)) * cos(radians(z.lat)) * pow(sin(radians(f.lon - z.lon) / 2), 2)))) <= z.radius_m
"""
COLD_PLACES: Final = """
INSERT INTO cold_place
SELECT c.vehicle_id, c.source_id, c.ts, c.signal_id, c.value
FROM cold_in c JOIN (SELECT vehicle_id, min(start_at) AS low, max(end_at) AS high FROM consent GROUP BY ALL) w
  ON c.vehicle_id = w.vehicle_id AND c.ts >= w.low AND c.ts < w.high
WHERE c.signal_id IN ({places}) AND c.vehicle_id IN ({zoned});
"""
WITHHELD: Final = f"""
CREATE TEMP TABLE fix AS
SELECT vehicle_id, ts, val[list_position(sig, {LATITUDE})] AS lat, val[list_position(sig, {LONGITUDE})] AS lon
FROM message WHERE vehicle_id IN ({{zoned}}) AND list_contains(sig, {LATITUDE}) AND list_contains(sig, {LONGITUDE})
UNION ALL
SELECT a.vehicle_id, a.ts, a.value, o.value FROM cold_place a JOIN cold_place o USING (vehicle_id, source_id, ts)
WHERE a.signal_id = {LATITUDE} AND o.signal_id = {LONGITUDE};
CREATE TEMP TABLE place AS
SELECT vehicle_id, ts, bool_or(inside) AS inside FROM (
  SELECT f.vehicle_id, f.ts, z.vehicle_id IS NOT NULL AS inside
  FROM fix f LEFT JOIN zone_in z ON z.vehicle_id = f.vehicle_id AND {INSIDE}
  UNION ALL
  SELECT c.vehicle_id, c.ts, t.value IS NOT NULL FROM (
    SELECT vehicle_id, ts, val[list_position(sig, {CELL})] AS value
    FROM message WHERE vehicle_id IN ({{zoned}}) AND list_contains(sig, {CELL})
    UNION ALL
    SELECT vehicle_id, ts, value FROM cold_place WHERE signal_id = {CELL}
  ) c LEFT JOIN area_in t USING (vehicle_id, value) ANTI JOIN fix USING (vehicle_id, ts)
) GROUP BY ALL;
CREATE TEMP TABLE withheld AS
SELECT m.vehicle_id, m.ts FROM (
  SELECT vehicle_id, ts FROM message WHERE vehicle_id IN ({{zoned}}) AND list_has_any(sig, [{{guarded}}]::SMALLINT[])
  UNION
  SELECT vehicle_id, ts FROM cold WHERE vehicle_id IN ({{zoned}}) AND signal_id IN ({{guarded}})
) m
ASOF LEFT JOIN place p ON m.vehicle_id = p.vehicle_id AND m.ts >= p.ts
ASOF LEFT JOIN place n ON m.vehicle_id = n.vehicle_id AND m.ts <= n.ts
WHERE coalesce(p.inside, n.inside, true) OR coalesce(n.inside, p.inside, true);
CREATE TEMP VIEW allowed AS
SELECT c.* FROM consented c WHERE {{let_out}};
"""  # noqa: S608 - numbers of this module
LET_OUT: Final = f"""
c.vehicle_id NOT IN ({{zoned}}) OR c.signal_id NOT IN ({{guarded}}) OR NOT (
  EXISTS (FROM withheld w WHERE w.vehicle_id = c.vehicle_id AND w.ts = c.ts)
  OR (c.signal_id = {CELL} AND EXISTS (FROM area_in t WHERE t.vehicle_id = c.vehicle_id AND t.value = c.value)))
"""
COUNT: Final = """
SELECT count(*), count(DISTINCT c.vehicle_id) FROM consented c
WHERE c.vehicle_id IN ({zoned}) AND c.signal_id IN ({guarded}) AND NOT ({let_out})
"""


def zone_table(zones: Iterable[Enforced]) -> pa.Table:
    """A row per vehicle and circle, with the box around it."""
    rows = [(zone.vehicle_id, *zone.circle, *circles.reach(zone.circle)) for zone in zones]
    return pa.Table.from_pylist([dict(zip(ZONE_SCHEMA.names, row, strict=True)) for row in rows], schema=ZONE_SCHEMA)


def area_table(zones: Iterable[Enforced]) -> pa.Table:
    """A row per vehicle and area that one of its zones touches."""
    rows = [{"vehicle_id": vehicle, "value": value} for vehicle, value in sorted(touched_areas(zones))]
    return pa.Table.from_pylist(rows, schema=AREA_SCHEMA)


def withhold(
    link: duckdb.DuckDBPyConnection, *, zones: Sequence[Enforced], guarded: Iterable[int], sealed: bool
) -> tuple[int, int]:
    """Make the view `allowed` of `consented` without what zones withhold; how many rows of how many vehicles that is.

    Needs the tables `message`, `cold` and `consent` of the dataset query and, where days are `sealed`, `cold_in`.
    `guarded`: signals that tell of a position.
    """
    facts = {
        "zoned": ",".join(str(vehicle) for vehicle in sorted({zone.vehicle_id for zone in zones})),
        "guarded": ",".join(str(signal) for signal in sorted(guarded)),
        "places": ",".join(map(str, PLACES)),
    }
    if not zones or not facts["guarded"]:
        link.execute("CREATE TEMP VIEW allowed AS FROM consented")
        return 0, 0
    facts["let_out"] = LET_OUT.format(**facts)
    link.register("zone_in", zone_table(zones))
    link.register("area_in", area_table(zones))
    link.execute("CREATE TEMP TABLE cold_place AS FROM cold LIMIT 0")
    if sealed:
        link.execute(COLD_PLACES.format(**facts))
    link.execute(WITHHELD.format(**facts))
    rows, vehicles = link.execute(COUNT.format(**facts)).fetchall()[0]
    return int(rows), int(vehicles)
