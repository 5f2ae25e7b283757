"""What kinds of data earned, for the consent matrix: each share divided by the list prices of what was sold."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Sum

from dimo import money
from dimo.ledger.models import Asset
from dimo.users.models import User
from licensing.pricing import monthly_prices
from licensing.uses import asked_classes
from rewards.models import Share
from unions.earnings import Earned
from unions.models import Terms
from unions.vocabulary import MATRIX_CLASSES
from vehicles.models import Vehicle

DAYS = timedelta(days=30)


def earned_by_kind(member: User, vehicle: Vehicle, now: datetime) -> Earned:
    """The last 30 days' shares of one vehicle, by union and by union and row of the matrix; base units of EURC.

    A license's price is the sum of the list prices of the classes asked for, so its share is divided in the same
    proportion, to the unit. Two queries, however many sales there were.
    """
    quote = "settlement__license__quote__"
    sold = ("settlement__union_id", f"{quote}terms_id", f"{quote}tier", f"{quote}signals")
    sums = (
        Share.objects.filter(
            member=member,
            vehicle=vehicle,
            settlement__settled_at__gt=now - DAYS,
            settlement__settled_at__lte=now,
            settlement__asset=Asset.EURC,
        )
        .order_by(*sold)
        .values_list(*sold)
        .annotate(amount=Sum("amount"))
    )
    found = list(sums)
    prices = dict(Terms.objects.filter(pk__in={terms for _, terms, *_ in found}).values_list("pk", "prices"))
    by_union: Counter[UUID] = Counter()
    by_cell: Counter[tuple[UUID, str]] = Counter()
    for union, terms, tier, signals, amount in found:
        by_union[union] += int(amount)
        for kind, part in divided(int(amount), prices[terms], signals, tier).items():
            by_cell[union, kind] += part
    return Earned(by_union=by_union, by_cell=by_cell, asset=Asset.EURC)


def divided(amount: int, prices: dict[str, dict[str, str]], signals: list[str], tier: str) -> dict[str, int]:
    """One amount by row of the matrix, in proportion to the monthly list prices of what was asked for."""
    priced = monthly_prices(prices, asked_classes(signals, tier=tier).values(), tier)
    weights: Counter[str] = Counter()
    for signal_class, price in priced.items():
        weights[signal_class.partition(".")[0]] += price
    kinds = [name for name in (*MATRIX_CLASSES, *sorted(set(weights) - set(MATRIX_CLASSES))) if weights[name]]
    return dict(zip(kinds, money.split(amount, [weights[name] for name in kinds]), strict=True))
