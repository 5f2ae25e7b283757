"""A buyer's reads in the access log of everybody whose rows were in them: one statement per build or download."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import connection

from dimo.audit.reads import logged
from licensing.datasets.consented import Span
from licensing.models import License
from licensing.uses import AGGREGATE
from unions.vocabulary import PURPOSES, TIER_LABELS

COLUMNS: Final = """
INSERT INTO dimo_accessentry (at, owner_id, vehicle_id, reader, reader_id, reader_name, what, scopes, since, until,
    rows, under, under_id, note)
SELECT %(now)s, c.member_id, c.vehicle_id, 'buyer', %(buyer)s, %(name)s, %(what)s, {scopes}, %(since)s, %(until)s,
    least(c.rows, 2147483647), 'license', %(license)s, %(note)s
FROM licensing_contribution c
"""
DELIVERED: Final = (
    COLUMNS.format(scopes="string_to_array(told.scopes, ' ')")
    + """
JOIN unnest(%(vehicles)s::int4[], %(scopes)s::text[]) told(vehicle, scopes) ON told.vehicle = c.vehicle_id
WHERE c.license_id = %(license)s::uuid
"""
)
# What was delivered is what is downloaded. A day's second download tells its drivers nothing that the first did not.
DOWNLOADED: Final = (
    COLUMNS.format(scopes="built.scopes")  # noqa: S608 - constants alone
    + """
JOIN LATERAL (SELECT a.scopes FROM dimo_accessentry a WHERE a.owner_id = c.member_id AND a.vehicle_id = c.vehicle_id
    AND a.under_id = %(license)s AND a.what = 'dataset' ORDER BY a.at DESC LIMIT 1) built ON true
WHERE c.license_id = %(license)s::uuid AND NOT EXISTS (
    SELECT FROM dimo_accessentry a WHERE a.owner_id = c.member_id AND a.vehicle_id = c.vehicle_id
    AND a.under_id = %(license)s AND a.what = 'download' AND a.at >= date_trunc('day', %(now)s::timestamptz, 'UTC'))
"""
)


def log_delivery(*, license: License, spans: Iterable[Span], now: datetime) -> int:
    """Write a delivery into its drivers' logs, by vehicle, as finely as each allowed it; how many entries that took.

    Raises:
        AccessNotLogged: then nothing is delivered.
    """
    told: dict[int, set[str]] = defaultdict(set)
    for span in spans:
        told[span.vehicle_id].add(scope_of(span, license.quote.tier))
    vehicles = list(told)
    scopes = [" ".join(sorted(told[vehicle])) for vehicle in vehicles]
    return written(DELIVERED, license, "dataset", now, vehicles=vehicles, scopes=scopes)


def log_download(*, license: License, now: datetime) -> int:
    """Write a download into its drivers' logs, once a day; how many entries that took.

    Raises:
        AccessNotLogged: then nothing is sent.
    """
    return written(DOWNLOADED, license, "download", now)


def written(sql: str, license: License, what: str, now: datetime, **more: Any) -> int:
    """One entry per vehicle of the license's evidence."""
    quote = license.quote
    facts: dict[str, Any] = {
        "now": now,
        "buyer": str(license.organization_id),
        "name": license.organization.name[:120],
        "what": what,
        "since": quote.period_from,
        "until": quote.period_to,
        "license": str(license.pk),
        "note": f"{PURPOSES[quote.purpose].label}. {TIER_LABELS[quote.tier]}."[:160],
    }
    with logged(), connection.cursor() as cursor:
        cursor.execute(sql, facts | more)
        return int(cursor.rowcount)


def scope_of(span: Span, tier: str) -> str:
    """A class with its precision, as the log names it."""
    name = span.signal_class
    if name.startswith("location."):
        return "location:precise" if name == "location.precise" else "location:coarse"
    if tier == AGGREGATE:
        return f"{name}:statistics"
    return name if span.exact else f"{name}:coarse"
