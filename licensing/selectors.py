"""Reads of offers, quotes and licenses: a buyer's through the buyer's organizations, a union's through the union."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from dimo.api.models import ApiKey
from dimo.ledger.models import Account, Asset
from dimo.ledger.selectors import balance_of
from dimo.users.models import User
from licensing.models import License, Offer, Organization, OrganizationKey, Quote
from unions import rulebook
from unions.models import Union
from unions.selectors import policy_at


def organizations_of(*, user: User, key: ApiKey | None = None) -> list[Organization]:
    """For whom a caller may act: the key's organization while its user has a seat there, else all of a person's."""
    seated = Organization.objects.filter(seats__user=user).order_by("name", "pk")
    if key is not None and (bound := OrganizationKey.objects.filter(key=key).first()):
        seated = seated.filter(pk=bound.organization_id)
    return list(seated)


def has_organization(user: User) -> bool:
    """Whether a person sits in any buyer's organization."""
    return Organization.objects.filter(seats__user=user).exists()


def open_offers() -> QuerySet[Offer]:
    """What anybody may ask a price for, newest first."""
    return (
        Offer.objects.filter(state=Offer.State.OPEN, union__state=Union.State.OPEN)
        .select_related("union")
        .order_by("-opened_at", "pk")
    )


def union_offers(*, union: Union) -> QuerySet[Offer]:
    """Every offer of a union, for its stewards."""
    return Offer.objects.filter(union=union).annotate(sold=Count("quotes__license")).order_by("state", "-opened_at")


def union_licenses(*, union: Union) -> QuerySet[License]:
    """What was bought of a union, newest first."""
    return License.objects.filter(union=union).select_related("organization", "quote__offer").order_by("-number")


def floor_of(*, union: Union, now: datetime) -> int | None:
    """The union's k, or None while it has no policy."""
    policy = policy_at(union=union, now=now)
    return rulebook.parse(policy.rules).k if policy else None


def licenses_of(*, organizations: Sequence[Organization]) -> QuerySet[License]:
    """Licenses of a caller's organizations, newest first."""
    return (
        License.objects.filter(organization__in=organizations)
        .select_related("organization", "union", "quote__offer", "quote__terms", "quote__policy")
        .prefetch_related("datasets")
        .order_by("-number")
    )


def quote_of(*, organizations: Sequence[Organization], quote_id: UUID) -> Quote | None:
    """A quote given to one of a caller's organizations."""
    return (
        Quote.objects.filter(organization__in=organizations, pk=quote_id)
        .select_related("offer", "union", "organization", "terms", "policy", "license")
        .first()
    )


def balances(*, organization: Organization) -> dict[str, int]:
    """What an organization can spend, by asset; assets it never had are left out, except the euro."""
    held = {asset: balance_of(kind=Account.Kind.BUYER, asset=asset, owner=organization.pk) for asset in Asset.values}
    return {asset: amount for asset, amount in held.items() if amount or asset == Asset.EURC}


def held_for_builds(*, organization: Organization, asset: str) -> int:
    """What waits in escrow for licenses that are being built."""
    waiting = License.objects.filter(
        organization=organization, asset=asset, state__in=[License.State.FUNDED, License.State.BUILDING]
    )
    return sum(int(price) for price in waiting.values_list("price", flat=True))
