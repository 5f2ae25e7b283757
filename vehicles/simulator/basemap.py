"""The town as GeoJSON for the map. Every feature has `kind`: road (with `class` minor, mid, major or motorway and
`order` for drawing), water, park, or label (with `name` and `of`: quarter or water)."""

import gzip
import json
from collections import defaultdict
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from vehicles.simulator import ground
from vehicles.simulator.town import Edge, Point, degrees, town

Feature = dict[str, Any]
ORDER = {"minor": 0, "mid": 1, "major": 2, "motorway": 3}


class Basemap(NamedTuple):
    body: bytes
    zipped: bytes
    etag: str


@cache
def basemap() -> Basemap:
    """The map, plain and zipped, with its fingerprint; the same bytes in every process."""
    document = {"type": "FeatureCollection", "features": [*parks(), *waters(), *roads(), *labels()]}
    body = json.dumps(document, separators=(",", ":")).encode()
    return Basemap(body, gzip.compress(body, 9, mtime=0), f'W/"{sha256(body).hexdigest()[:24]}"')


def feature(kind: str, shape: str, coordinates: Any, **properties: Any) -> Feature:
    return {
        "type": "Feature",
        "properties": {"kind": kind, **properties},
        "geometry": {"type": shape, "coordinates": coordinates},
    }


def position(point: Point) -> list[float]:
    latitude, longitude = degrees(point)
    return [round(longitude, 5), round(latitude, 5)]


def roads() -> list[Feature]:
    by_line: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in town().edges:
        by_line[edge.line, edge.kind].append(edge)
    found = [
        feature("road", "LineString", [position(point) for point in run], **{"class": kind, "order": ORDER[kind]})
        for (_, kind), edges in by_line.items()
        for run in runs(edges)
    ]
    return sorted(found, key=lambda road: road["properties"]["order"])


def runs(edges: list[Edge]) -> list[list[Point]]:
    """Stretches of one road that follow each other, joined."""
    joined: list[list[Point]] = []
    end = None
    for edge in edges:
        if joined and edge.start == end:
            joined[-1] += edge.shape[1:]
        else:
            joined.append(list(edge.shape))
        end = edge.end
    return joined


def waters() -> list[Feature]:
    outlines = [(blob.name, blob.outline()) for blob in (ground.BAY, ground.LAKE)]
    outlines.append((ground.RIVER_NAME, ground.river_outline()))
    return [feature("water", "Polygon", [[position(p) for p in ring]], name=name) for name, ring in outlines]


def parks() -> list[Feature]:
    return [
        feature("park", "Polygon", [[position(p) for p in park.outline(40)]], name=park.name) for park in ground.PARKS
    ]


def labels() -> list[Feature]:
    quarters = [(name, point, "quarter") for name, point in ground.LABELS]
    bay = ground.BAY
    waters = [(bay.name, (bay.center[0] - 1200, bay.center[1] + 1500), "water")]
    return [feature("label", "Point", position(point), name=name, of=of) for name, point, of in quarters + waters]
