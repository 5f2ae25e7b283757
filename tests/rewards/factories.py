"""Delivered licenses: bought by the rules, and delivered with the contributions that a test names."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from licensing.models import Contribution, License
from tests.licensing import factories as licensing
from unions.models import Membership, Union

NOW: datetime = licensing.NOW
EURO = licensing.EURO
FEE_BPS = 200
fleet, union = licensing.fleet, licensing.union


def bought(of: Union, **fields: Any) -> License:
    return licensing.license(of, **fields)


def deliver(license: License, contributions: Sequence[tuple[Membership, int, int]], *, now: datetime = NOW) -> License:
    """Mark a license delivered with (membership, rows, weight) as its evidence."""
    License.objects.filter(pk=license.pk).update(state="building")
    Contribution.objects.bulk_create(
        Contribution(
            license=license,
            union_id=license.union_id,
            vehicle=row.vehicle,
            membership=row,
            member=row.member,
            rows=rows,
            weight=weight,
        )
        for row, rows, weight in contributions
    )
    License.objects.filter(pk=license.pk).update(state="delivered", delivered_at=now)
    license.refresh_from_db()
    return license


def delivered(members: int = 6, weights: Sequence[int] = (), **fields: Any) -> tuple[License, list[Membership]]:
    """A license delivered with the rows of `members` vehicles; each weighs its rows unless `weights` says otherwise."""
    of = union(**fields)
    rows = fleet(of, members, messages=[])
    weighed = weights or [7 * (n + 1) for n in range(members)]
    license = bought(of)
    return deliver(license, [(row, max(weight, 1), weight) for row, weight in zip(rows, weighed, strict=True)]), rows
