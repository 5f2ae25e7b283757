"""Made-up parts of the driver's home in the place of the rooms' own: the frame, its style and its scripts on trial."""

import math
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import h3
import numpy as np
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.timezone import now

from dimo.urls import *  # noqa: F403 - the real addresses and error handlers
from dimo.urls import urlpatterns as real
from unions.vocabulary import HINTS, MATRIX_CLASSES, SIGNAL_CLASSES
from vehicles.simulator.basemap import basemap
from vehicles.simulator.drives import drive
from vehicles.simulator.routes import route
from vehicles.simulator.town import degrees, town

UNIONS = [
    SimpleNamespace(slug="nordic", name="Nordic EV Union", tone="ta", count=2418, tagline="Charging, fairly shared."),
    SimpleNamespace(slug="couriers", name="City Couriers", tone="tb", count=836, tagline="Streets as they are used."),
    SimpleNamespace(slug="safer", name="Safer Roads Pool", tone="tc", count=None, tagline="Braking, not blaming."),
]
VEHICLE = SimpleNamespace(
    public_id="6f1c1a52-4a0b-4d3e-9a55-0d8b6a1c2f10", make="Hyundai", model="Ioniq 5", year=2023, simulated=True
)
ICONS = ("map-pin-house", "gauge", "battery-charging", "fuel", "activity", "route")
OFFERED = [("off", "Off"), ("statistics", "Statistics"), ("coarse", "Coarse"), ("exact", "Exact")]
START = {"nordic": "coarse statistics exact off coarse exact", "couriers": "exact coarse off off off statistics"}
PAID = {"off": None, "statistics": 1_080_000, "coarse": 3_080_000, "exact": 7_800_000}
levels: dict[tuple[str, str], str] = {}
before: dict[tuple[str, str], str] = {}


class Named(SimpleNamespace):
    def __str__(self) -> str:
        return "Pikku"


def begin() -> None:
    for union in UNIONS:
        words = START.get(union.slug, "statistics exact statistics off off statistics").split()
        levels.update({(union.slug, name): level for name, level in zip(MATRIX_CLASSES, words, strict=True)})


def cell(union: Any, name: str) -> SimpleNamespace:
    level = levels[union.slug, name]
    offered = OFFERED[:1] if (union.slug, name) == ("safer", "diagnostics") else OFFERED
    return SimpleNamespace(
        union=union,
        signal=name,
        name=SIGNAL_CLASSES[name],
        level=level,
        levels=offered,
        amount=PAID[level],
        asset="EURC",
    )


def totals() -> list[SimpleNamespace]:
    paid = [sum(PAID[levels[union.slug, name]] or 0 for name in MATRIX_CLASSES) for union in UNIONS]
    return [SimpleNamespace(amount=amount, asset="EURC") for amount in paid]


def matrix(request: HttpRequest) -> HttpResponse:
    rows = [
        SimpleNamespace(
            signal=name, name=SIGNAL_CLASSES[name], hint=HINTS[name], icon=icon, cells=[cell(u, name) for u in UNIONS]
        )
        for name, icon in zip(MATRIX_CLASSES, ICONS, strict=True)
    ]
    values = {"vehicle": Named(**vars(VEHICLE)), "unions": UNIONS, "rows": rows, "totals": totals()}
    return render(
        request, "unions/_consent_matrix.html", {**values, "notice": "It applies to every dataset from now on."}
    )


def lower(request: HttpRequest) -> HttpResponse:
    slug, name = request.POST["union"], request.POST["signal_class"]
    level = request.POST.get("level") or before[slug, name]
    if slug == "safer" and name == "odometer":
        return render(request, "_refused.html", {"refusal": "The union is closed.", "code": "closed"}, status=409)
    before[slug, name], levels[slug, name] = levels[slug, name], level
    union = next(union for union in UNIONS if union.slug == slug)
    values = {"vehicle": VEHICLE, "cell": cell(union, name), "totals": totals()}
    return render(request, "unions/_consent_answer.html", values)


def raise_levels(request: HttpRequest) -> HttpResponse:
    for change in request.POST.getlist("change"):
        slug, name, level = change.split("/")
        levels[slug, name] = level
    return matrix(request)


def card(request: HttpRequest) -> HttpResponse:
    facts = [("Odometer", "48,211 km"), ("Battery health", "94.6%"), ("Last trip", "21.4 km"), ("Tires", "Good")]
    values = {"contact": "live", "seen_at": now() - timedelta(seconds=70), "level_pct": 67.2, "level_name": "Battery"}
    context = {"vehicle": Named(**vars(VEHICLE)), "others": [], "facts": facts, "range_km": 284.0}
    return render(request, "vehicles/_vehicle_card.html", {**context, **values})


def earned(request: HttpRequest) -> HttpResponse:
    points = [int(10 * i + 9 * math.sin(i)) * 100_000 for i in range(20)]
    values = {"month": now(), "amount": 31_800_000, "asset": "EURC", "points": points, "before": 26_900_000}
    return render(request, "rewards/_earned.html", {**values, "before_month": now() - timedelta(days=31)})


def payout(request: HttpRequest) -> HttpResponse:
    parts = [
        SimpleNamespace(name=union.name, tone=union.tone, share=share, words=f"{share}%")
        for union, share in zip(UNIONS, (56, 27, 17), strict=True)
    ]
    values = {"amount": 35_360_000, "asset": "EURC", "on": now() + timedelta(days=9), "parts": parts}
    return render(request, "rewards/_payout_split.html", values)


def looked(request: HttpRequest) -> HttpResponse:
    names = ("Aalto Grid Lab", "Port Sorrel City", "NovaTyre", "Volta Analytics")
    readers = [SimpleNamespace(name=name) for name in names]
    return render(request, "apps/_who_looked.html", {"days": 7, "readers": readers, "exact": 1})


def sales(request: HttpRequest) -> HttpResponse:
    rows = [
        ("Winter range and charging", "Aalto Grid Lab", 0, 41_206, 6_120_000),
        ("Kerbside dwell", "Port Sorrel", 1, 2_874, 3_480_000),
    ]
    listed = [
        SimpleNamespace(
            name=name,
            at=now(),
            buyer=buyer,
            union=UNIONS[u],
            rows=n,
            settled=u == 0,
            proof="19f9c92546aa300c31",
            amount=paid,
            asset="EURC",
            url="/home/",
        )
        for name, buyer, u, n, paid in rows
    ]
    return render(request, "rewards/_sales.html", {"vehicle": Named(), "sales": listed})


def driven(goal: int, start: int) -> tuple[list[list[float]], list[float]]:
    done = drive(route(start, goal), every=4.0, pace=1.0, vigor=2.0, random=np.random.default_rng(goal))
    places = [degrees((x, y)) for x, y in zip(done.x, done.y, strict=True)]
    return [[round(lon, 5), round(lat, 5)] for lat, lon in places], [round(speed, 1) for speed in done.speed.tolist()]


def trips(request: HttpRequest) -> JsonResponse:
    graph = town()
    home = graph.nearest((-2500.0, 1800.0))
    features = []
    for i, goal in enumerate([graph.nearest((3000 * math.cos(a), 2600 * math.sin(a))) for a in range(12)]):
        line, speeds = driven(goal, home)
        label = f"Nov {i + 1}, 08:1{i % 10}"
        properties = {"id": str(i), "label": label, "distance_km": 5.2 + i, "url": "/home/", "speeds": speeds}
        features.append(
            {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "coordinates": line}}
        )
    lat, lon = degrees(graph.nodes[home])
    zone = {"center": [lon, lat], "radius_m": 500, "label": "Home"}
    summary = "12 trips · 128 km"
    return JsonResponse(
        {"type": "FeatureCollection", "features": features, "latest": "5", "zones": [zone], "summary": summary}
    )


def hexagons(request: HttpRequest) -> JsonResponse:
    lat, lon = degrees((0.0, 0.0))
    features = []
    for i, at in enumerate(sorted(h3.grid_disk(h3.latlng_to_cell(lat, lon, 7), 2))):
        ring = [[lng, lt] for lt, lng in h3.cell_to_boundary(at)]
        shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        features.append({"type": "Feature", "properties": {"passes": i, "withheld": i % 5 == 0}, "geometry": shape})
    return JsonResponse({"type": "FeatureCollection", "features": features, "summary": "19 areas"})


def telemetry(request: HttpRequest) -> JsonResponse:
    days = {"day": 1, "week": 7, "month": 30}[request.GET["range"]]
    begin_at = 1_795_000_000 // 86_400 * 86_400
    t = list(range(begin_at, begin_at + days * 86_400, 10 * days))
    hours = [(at - begin_at) / 3600 % 24 for at in t]
    moving = [7 < hour < 7.6 or 11.7 < hour < 12.1 or 17 < hour < 17.9 for hour in hours]
    speed = [50 + 40 * math.sin(at / 90) * math.sin(at / 31) if go else None for at, go in zip(t, moving, strict=True)]
    level = [80 - hour * 1.5 + (22 if hour > 15 else 0) for hour in hours]
    charging = [{"from": begin_at + 48_000, "to": begin_at + 54_000, "label": "Charged 11 kW"}]
    values = {
        "t": t,
        "speed": speed,
        "level": level,
        "level_name": "Battery",
        "charging": charging,
        "from": t[0],
        "to": t[-1],
    }
    return JsonResponse(
        {**values, "timezone": "Europe/Helsinki", "summary": f"Thursday, November 19 · {len(t):,} readings"}
    )


def town_map(request: HttpRequest) -> HttpResponse:
    return HttpResponse(basemap().body, content_type="application/geo+json")


def public(request: HttpRequest) -> HttpResponse:
    return render(request, "unions/_public_unions.html", {"unions": UNIONS})


VIEWS = {
    "vehicle-card": card,
    "earned": earned,
    "payout-split": payout,
    "who-looked": looked,
    "sales": sales,
    "trips-geojson": trips,
    "consent-matrix": matrix,
    "consent-set": lower,
    "consent-undo": lower,
    "consent-raise": raise_levels,
    "buyers-view-geojson": hexagons,
    "telemetry-json": telemetry,
    "basemap": town_map,
    "public-unions": public,
}
urlpatterns = [*real, *(path(f"made-up/{name}/", view, name=name) for name, view in VIEWS.items())]
