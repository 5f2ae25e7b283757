"""Reading what was settled: a member's own lines, and a license's totals."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncMonth

from dimo.ledger.models import Asset
from dimo.ledger.selectors import balance_of
from dimo.users.models import User
from licensing.models import Contribution, License
from rewards.models import Settlement, Share
from unions.models import Union
from vehicles.models import Vehicle


@dataclass(frozen=True)
class Sale:
    """A delivered license that held rows of a member's, and what it paid them; `amount` is None until it is settled."""

    license: License
    rows: int
    amount: int | None
    proof: str

    @property
    def at(self) -> datetime | None:
        return self.license.delivered_at


@dataclass(frozen=True)
class UnionPart:
    """What one union's sales paid a member."""

    union: Union
    amount: int


def settlement_of(*, license_id: UUID) -> Settlement | None:
    """How a license's price was shared out, if it was."""
    related = ("journal", "union", "license__organization", "license__quote__offer", "license__quote__terms")
    return Settlement.objects.select_related(*related).filter(pk=license_id).first()


def shares_of(*, member: User, settlement: Settlement) -> list[Share]:
    """A member's lines in one settlement, one per vehicle."""
    lines = Share.objects.filter(member=member, settlement=settlement).select_related("vehicle")
    return list(lines.order_by("vehicle_id"))


def sales_of(*, member: User, vehicle: Vehicle | None = None, before: int | None = None, limit: int = 20) -> list[Sale]:
    """Delivered licenses with rows of a member's (or of one vehicle), newest first; `before` a number continues."""
    mine = Contribution.objects.filter(member=member)
    if vehicle is not None:
        mine = mine.filter(vehicle=vehicle)
    if before is not None:
        mine = mine.filter(license__number__lt=before)
    newest = mine.values("license").annotate(held=Sum("rows"), last=Max("license__number")).order_by("-last")[:limit]
    held = {row["license"]: int(row["held"]) for row in newest}
    paid = _paid(member, vehicle, list(held))
    related = ("organization", "union", "quote__offer", "settlement__journal")
    licenses = License.objects.filter(pk__in=held).select_related(*related).order_by("-number")
    return [Sale(one, held[one.pk], paid.get(one.pk), _proof(one)) for one in licenses]


def earned(*, member: User, asset: str = Asset.EURC, since: datetime, until: datetime) -> int:
    """What settlements in `[since, until)` paid a member."""
    lines = Share.objects.filter(
        member=member,
        settlement__asset=asset,
        settlement__settled_at__gte=since,
        settlement__settled_at__lt=until,
    )
    return int(lines.aggregate(total=Sum("amount"))["total"] or 0)


def earned_by_day(
    *, member: User, asset: str = Asset.EURC, since: datetime, until: datetime, zone: ZoneInfo
) -> dict[date, int]:
    """What settlements in `[since, until)` paid a member, by the day in `zone`; days without pay are left out."""
    days = (
        Share.objects.filter(
            member=member,
            settlement__asset=asset,
            settlement__settled_at__gte=since,
            settlement__settled_at__lt=until,
        )
        .annotate(day=TruncDay("settlement__settled_at", tzinfo=zone))
        .values("day")
        .annotate(total=Sum("amount"))
    )
    return {row["day"].date(): int(row["total"]) for row in days}


def earned_by_month(*, member: User, asset: str = Asset.EURC, zone: ZoneInfo) -> list[tuple[date, int, int]]:
    """Month, amount and number of sales of every month that paid a member, newest first."""
    months = (
        Share.objects.filter(member=member, settlement__asset=asset)
        .annotate(month=TruncMonth("settlement__settled_at", tzinfo=zone))
        .values("month")
        .annotate(total=Sum("amount"), sales=Count("settlement", distinct=True))
        .order_by("-month")
    )
    return [(row["month"].date(), int(row["total"]), row["sales"]) for row in months]


def held_by(*, member: User, asset: str = Asset.EURC) -> int:
    """What is a member's and not yet paid out."""
    return balance_of(kind="driver", asset=asset, owner=member.public_id)


def earned_by_union(*, member: User, asset: str = Asset.EURC) -> list[UnionPart]:
    """What each union's sales paid a member, the largest first."""
    totals: dict[UUID, int] = defaultdict(int)
    lines = Share.objects.filter(member=member, settlement__asset=asset)
    for row in lines.values("settlement__union").annotate(total=Sum("amount")):
        totals[row["settlement__union"]] = int(row["total"])
    unions: QuerySet[Union] = Union.objects.filter(pk__in=totals)
    return sorted((UnionPart(union, totals[union.pk]) for union in unions), key=lambda part: -part.amount)


def _paid(member: User, vehicle: Vehicle | None, licenses: list[UUID]) -> dict[UUID, int]:
    lines = Share.objects.filter(member=member, settlement__in=licenses)
    if vehicle is not None:
        lines = lines.filter(vehicle=vehicle)
    return {row["settlement"]: int(row["t"]) for row in lines.values("settlement").annotate(t=Sum("amount"))}


def _proof(license: License) -> str:
    settlement: Settlement | None = getattr(license, "settlement", None)
    return settlement.journal.body_sha256.hex() if settlement else ""
