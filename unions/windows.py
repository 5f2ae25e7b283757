"""Consent for many vehicles at once: which moments of measurement may be used now, as one set-based query.

Says the same as `evaluator.decide`, with ranges instead of moments: a grant's period, less newer grants' (they speak
for those moments instead), less denials, less private trips. What depends on the use alone is decided in Python
beforehand and handed over as small tables.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from dimo import tenancy
from dimo.errors import DomainError
from unions.evaluator import ANY, Policies, UseRequest, layers_against
from unions.models import Union
from unions.platform_floor import EXACT, exact_from
from unions.selectors import policies_for
from unions.vocabulary import PRECISIONS, ROW_TIERS, SIGNAL_CLASSES, TIERS, covers, forbids, rank

FEW = 1000


class UnionMismatch(DomainError):
    """The use request names another union."""

    status = 422


class Window(NamedTuple):
    """Readings of `signal_class` of one vehicle measured in `[starts_at, ends_at)` may be used; None is unbounded.

    Windows of one vehicle and class never overlap, so that a join by time finds each reading at most once.
    """

    vehicle_id: int
    membership_id: UUID
    member_id: int
    signal_class: str
    starts_at: datetime | None
    ends_at: datetime | None
    grant_event_id: UUID


def consent_windows(
    *,
    union: Union,
    use: UseRequest,
    now: datetime,
    vehicle_ids: Sequence[int] | None = None,
) -> list[Window]:
    """Every window of measurement moments that `use` may touch at `now`, ordered by vehicle, class and start.

    Default deny: an unknown class, a class that the union's policy or the platform floor refuses, or a vehicle
    without a reaching grant has no window; another class of the same request is unaffected. Private trips, denials,
    times before the owner's epoch and, of exact positions, all but the last days are cut out. `vehicle_ids` restricts
    to those (None: every member's). Ask again at delivery time.

    Raises:
        UnionMismatch: `use` names another union.
    """
    if use.union_id != union.pk:
        raise UnionMismatch(field="union")
    policies = policies_for(union=union, use=use, now=now)
    classes = [
        name
        for name in dict.fromkeys(use.signal_classes)
        if not layers_against(use=use, signal_class=name, policies=policies)
    ]
    if not classes:
        return []
    parameters = _parameters(union, use, policies, classes, now, vehicle_ids)
    with (
        tenancy.unions(union.pk),
        transaction.atomic(),
        connection.cursor() as cursor,
        _planned_for(cursor, vehicle_ids),
    ):
        cursor.execute(QUERY, parameters)
        return [Window._make(row) for row in cursor.fetchall()]


@contextmanager
def _planned_for(cursor: Any, vehicle_ids: Sequence[int] | None) -> Iterator[None]:
    """Join large sets by hash: with statistics a day old, the planner expects few words and would loop over many."""
    few = vehicle_ids is not None and len(vehicle_ids) <= FEW
    if not few:
        cursor.execute("SELECT set_config('enable_nestloop', 'off', true)")
    yield
    if not few:
        cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")


def _parameters(
    union: Union,
    use: UseRequest,
    policies: Policies,
    classes: Sequence[str],
    now: datetime,
    vehicle_ids: Sequence[int] | None,
) -> dict[str, Any]:
    """The use as small tables: asked classes with prices, and which words of the log reach or spare which."""
    reach = [(node, asked) for asked in classes for node in SIGNAL_CLASSES if covers(node, asked)]
    spare = [(node, asked) for asked in classes for node in SIGNAL_CLASSES if not forbids(node, asked)]
    accepted = [(pk, asked) for pk, rules in policies.accepted.items() for asked in classes if rules.allows(use, asked)]
    return {
        "union": union.pk,
        "now": now,
        "vehicles": None if vehicle_ids is None else list(vehicle_ids),
        "asked": list(classes),
        "prices": [use.prices.get(name, 0) for name in classes],
        "since": [exact_from(now) if name == EXACT else None for name in classes],
        **_columns("reach", reach),
        **_columns("spare", spare),
        **_columns("accepted", accepted),
        "tiers": list(TIERS[rank(use.tier) :]),
        "tiers_above": list(TIERS[rank(use.tier) + 1 :]),
        "precisions": list(PRECISIONS[PRECISIONS.index(use.precision) :] if use.tier in ROW_TIERS else PRECISIONS),
        "purposes": [ANY, use.purpose],
        "categories": [ANY, use.buyer_category],
        "buyer": use.buyer,
        "country": use.buyer_country,
        "retention": use.retention_days,
        "identified": use.tier == "identified",
    }


def _columns(name: str, pairs: Iterable[tuple[Any, str]]) -> dict[str, list[Any]]:
    rows = list(pairs)
    return {f"{name}_key": [key for key, _ in rows], f"{name}_class": [asked for _, asked in rows]}


QUERY = """
WITH asked(signal_class, price, since) AS (
  SELECT * FROM unnest(%(asked)s::text[], %(prices)s::numeric[], %(since)s::timestamptz[])),
reach(node, signal_class) AS (SELECT * FROM unnest(%(reach_key)s::text[], %(reach_class)s::text[])),
spare(node, signal_class) AS (SELECT * FROM unnest(%(spare_key)s::text[], %(spare_class)s::text[])),
accepted(policy_id, signal_class) AS (SELECT * FROM unnest(%(accepted_key)s::bigint[], %(accepted_class)s::text[])),
member AS MATERIALIZED (
  SELECT m.id, m.vehicle_id, m.member_id, m.owner_epoch,
         v.owned_since AS data_since
    FROM unions_membership m JOIN vehicles_vehicle v ON v.id = m.vehicle_id
   WHERE m.union_id = %(union)s AND m.joined_at <= %(now)s
     AND (m.state = 'active' OR (m.state = 'left' AND m.left_at > %(now)s))
     AND v.owner_id = m.member_id AND v.owner_epoch = m.owner_epoch
     AND (%(vehicles)s::int[] IS NULL OR m.vehicle_id = ANY (%(vehicles)s::int[]))
),
live AS MATERIALIZED (
  SELECT e.seq, e.event_id, e.kind, e.membership_id, e.owner_epoch, e.signal_class, e.tier_max, e.precision, e.purpose,
         e.buyer_category, e.buyer, e.min_price, e.retention_max_days, e.countries, e.data_from, e.data_until,
         e.policy_id, m.vehicle_id, m.member_id, m.owner_epoch AS current_epoch, m.data_since
    FROM unions_consentevent e JOIN member m ON m.id = e.membership_id
   WHERE e.union_id = %(union)s AND e.kind IN ('grant', 'deny') AND e.at <= %(now)s AND e.valid_from <= %(now)s
     AND (e.valid_until IS NULL OR e.valid_until > %(now)s)
     AND e.purpose = ANY (%(purposes)s::text[])
     AND e.buyer_category = ANY (%(categories)s::text[])
     AND (e.buyer IS NULL OR e.buyer = %(buyer)s)
     AND (e.countries = '[]' OR e.countries ? %(country)s)
     AND NOT EXISTS (SELECT 1 FROM unions_consentevent x
                      WHERE x.ends_id = e.seq AND x.union_id = %(union)s AND x.at <= %(now)s)
),
granted AS (
  SELECT g.vehicle_id, g.membership_id, g.member_id, a.signal_class, g.seq, g.event_id,
         tstzrange(greatest(g.data_from, g.data_since, a.since), g.data_until) AS span
    FROM live g
    JOIN reach r ON r.node = g.signal_class
    JOIN asked a ON a.signal_class = r.signal_class
    JOIN accepted p ON p.policy_id = g.policy_id AND p.signal_class = a.signal_class
   WHERE g.kind = 'grant' AND g.owner_epoch = g.current_epoch
     AND g.tier_max = ANY (%(tiers)s::text[])
     AND (g.precision = ANY (%(precisions)s::text[])
          OR (a.signal_class LIKE 'location.%%' AND g.precision IN ('coarse', 'exact')))
     AND (g.buyer IS NOT NULL OR NOT %(identified)s)
     AND (g.retention_max_days IS NULL OR g.retention_max_days >= %(retention)s)
     AND a.price >= g.min_price
     AND (g.data_until IS NULL OR g.data_until > coalesce(greatest(g.data_from, g.data_since, a.since), '-infinity'))
),
ranked AS (
  SELECT *, range_agg(span) OVER (PARTITION BY membership_id, signal_class ORDER BY seq DESC
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newer
    FROM granted
),
denied AS (
  SELECT d.membership_id, a.signal_class, range_agg(tstzrange(d.data_from, d.data_until)) AS spans
    FROM live d CROSS JOIN asked a
   WHERE d.kind = 'deny' AND NOT (d.tier_max = ANY (%(tiers_above)s::text[]))
     AND NOT EXISTS (SELECT 1 FROM spare s WHERE s.node = d.signal_class AND s.signal_class = a.signal_class)
   GROUP BY 1, 2
),
hidden AS (
  SELECT h.vehicle_id, range_agg(tstzrange(h.starts_at, h.ends_at + interval '1 microsecond')) AS spans
    FROM (SELECT vehicle_id, started_at AS starts_at, ended_at AS ends_at FROM vehicles_trip
           WHERE private OR deleted_at IS NOT NULL
          UNION ALL SELECT vehicle_id, starts_at, ends_at FROM vehicles_hiddenstretch) h
    JOIN member m ON m.vehicle_id = h.vehicle_id GROUP BY 1
)
SELECT r.vehicle_id, r.membership_id, r.member_id, r.signal_class, lower(w.span), upper(w.span), r.event_id
  FROM ranked r
  LEFT JOIN denied d ON d.membership_id = r.membership_id AND d.signal_class = r.signal_class
  LEFT JOIN hidden h ON h.vehicle_id = r.vehicle_id
 CROSS JOIN LATERAL unnest(tstzmultirange(r.span) - coalesce(r.newer, '{}') - coalesce(d.spans, '{}')
                           - coalesce(h.spans, '{}')) AS w(span)
 ORDER BY r.vehicle_id, r.signal_class, lower(w.span) NULLS FIRST
"""
