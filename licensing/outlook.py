"""What buyers see of a driver: areas they could get under the consents in force, and whether they got positions."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID

import h3

from dimo.users.models import User
from licensing.datasets.consented import LOCATION_AGE
from licensing.datasets.intervals import Period, clip, merge
from licensing.models import Contribution, License
from licensing.uses import AGGREGATE, ROWS, known_signals, license_use
from unions import rulebook
from unions.evaluator import UseRequest
from unions.models import ConsentEvent, Membership
from unions.rulebook import Allowance, Rules
from unions.selectors import current_memberships, live_words, policy_at
from unions.vocabulary import covers, rank
from unions.windows import consent_windows
from vehicles.models import Vehicle
from vehicles.signals import CELL, cell_of, cell_value_of
from vehicles.store import curves
from vehicles.zones.enforced import enforced_zones, touched_areas

AREA: Final = "location.coarse"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN_DAYS: Final = 30
NOBODY: Final = UUID(int=0)
PASS: Final = timedelta(minutes=15)  # a quarter of an hour in an area is one, as a delivered file would say
MOST_CELLS: Final = 3_000_000


def buyers_view(*, vehicle: Vehicle, owner: User, now: datetime) -> dict[str, Any]:
    """A GeoJSON collection of hexagons with `passes` and `withheld`, of the last 30 days, and a summary in words."""
    period = (now - timedelta(days=SHOWN_DAYS), now)
    seen = visible_periods(vehicle=vehicle, owner=owner, period=period, now=now)
    starts = [start for start, _ in seen]
    passes: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    zoned = {cell for _, cell in touched_areas(enforced_zones(owners={vehicle.pk: owner.pk}))}
    for cell, moment in _passes(vehicle, period):
        at = bisect_right(starts, moment) - 1
        shown = at >= 0 and moment < seen[at][1] and cell_value_of(cell) not in zoned
        passes[cell][0 if shown else 1] += 1
    features = [_hexagon(cell, shown, hidden) for cell, (shown, hidden) in sorted(passes.items())]
    visible = sum(not feature["properties"]["withheld"] for feature in features)
    summary = f"{visible} of {len(features)} areas of 5 km² could be in a dataset; none younger than a day"
    return {"type": "FeatureCollection", "features": features, "summary": summary}


def visible_periods(*, vehicle: Vehicle, owner: User, period: Period, now: datetime) -> list[Period]:
    """Moments whose area some buyer of some union may get, less the last day."""
    found: list[Period] = []
    within = clip(period[0], now - LOCATION_AGE, period)
    if within is None:
        return []
    for membership in current_memberships(member=owner).filter(vehicle=vehicle):
        for use in likely_uses(membership=membership, now=now):
            windows = consent_windows(union=membership.union, use=use, now=now, vehicle_ids=[vehicle.pk])
            found += [piece for one in windows if (piece := clip(one.starts_at, one.ends_at, within))]
    return merge(found)


def likely_uses(*, membership: Membership, now: datetime) -> Iterable[UseRequest]:
    """One use for each buyer and purpose that a grant of areas names; `any` is asked as the first allowed one."""
    policy = policy_at(union=membership.union, now=now)
    if policy is None:
        return
    rules = rulebook.parse(policy.rules)
    asked: set[tuple[str, str, UUID]] = set()
    for word in live_words(membership=membership, now=now):
        if word.kind == ConsentEvent.Kind.GRANT and covers(word.signal_class, AREA) and word.policy is not None:
            granted = area_lines(rulebook.parse(word.policy.rules))
            for line, accepted in product(area_lines(rules), granted):
                purposes = _named_or_common(word.purpose, line.purposes, accepted.purposes)
                buyers = _named_or_common(word.buyer_category, line.buyer_categories, accepted.buyer_categories)
                asked |= {(purpose, category, word.buyer or NOBODY) for purpose in purposes for category in buyers}
    for purpose, category, buyer in sorted(asked):
        yield UseRequest(
            union_id=membership.union_id,
            buyer=buyer,
            buyer_category=category,
            buyer_country=next(iter(rules.countries), "NL"),
            purpose=purpose,
            tier=ROWS,
            signal_classes=(AREA,),
            retention_days=rules.retention_days,
            prices={AREA: 2**62},  # whatever the reserve: the driver asks what could be seen, not what is sold
            precision="coarse",
            policy_number=policy.number,
        )


def area_lines(rules: Rules) -> list[Allowance]:
    """The lines of a policy under which areas may leave as rows."""
    return [line for line in rules.allow if covers(line.signal_class, AREA) and rank(ROWS) <= rank(line.tier_max)]


def _named_or_common(named: str, *lists: Sequence[str]) -> list[str]:
    """The word a grant names, or for `any` the first that every list has."""
    common = [word for word in lists[0] if all(word in other for other in lists[1:])]
    return common[:1] if named == ConsentEvent.ANY else [named]


def _passes(vehicle: Vehicle, period: Period) -> list[tuple[str, datetime]]:
    cells = curves.points(vehicle_id=vehicle.pk, signal_ids=[CELL], since=period[0], until=period[1], most=MOST_CELLS)
    passes = {(value, ts - (ts - EPOCH) % PASS) for _, ts, value in cells}
    return [(cell_of(value), moment) for value, moment in sorted(passes)]


def _hexagon(cell: str, shown: int, hidden: int) -> dict[str, Any]:
    ring = [[round(lon, 5), round(lat, 5)] for lat, lon in h3.cell_to_boundary(cell)]
    return {
        "type": "Feature",
        "properties": {"passes": shown or hidden, "withheld": not shown},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }


def had_exact_positions(*, license: License, member: User) -> bool:
    """Whether a delivered license held exact positions of a member: asked for by it, and allowed by them then."""
    quote = license.quote
    positions = {signal.id for signal in known_signals(quote.signals) if signal.signal_class == "location"}
    if quote.tier == AGGREGATE or not positions or license.delivered_at is None:
        return False
    vehicles = list(Contribution.objects.filter(license=license, member=member).values_list("vehicle_id", flat=True))
    windows = consent_windows(
        union=license.union,
        use=license_use(license=license, precision="exact"),
        now=license.delivered_at,
        vehicle_ids=vehicles,
    )
    return any(window.signal_class == "location.precise" for window in windows)
