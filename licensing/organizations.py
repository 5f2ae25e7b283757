"""Buyers: who they are, who acts for them, what they paid in. Nothing is sold to one that nobody has verified."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from dimo.api.keys import issue_key
from dimo.api.models import ApiKey
from dimo.audit import trail
from dimo.errors import DomainError
from dimo.ledger import posting
from dimo.ledger.models import Account, Asset, Journal
from dimo.users.models import User
from licensing.models import Organization, OrganizationKey, OrganizationSeat
from unions.vocabulary import BUYER_CATEGORIES

Role = OrganizationSeat.Role
MAY_BUY = (Role.ADMIN, Role.BUYER)


class OrganizationNameTaken(DomainError):
    """Another organization has this name."""


class OrganizationInvalid(DomainError):
    """An organization has a name of 2 to 80 characters, a known category and a country code of two letters."""

    status = 400


class OrganizationNotVerified(DomainError):
    """An operator has not verified your organization yet, so it cannot buy. You can look at every offer meanwhile."""

    status = 403


class SeatMissing(DomainError):
    """Your role in the organization does not allow this."""

    status = 403


class LastAdministrator(DomainError):
    """An organization keeps at least one administrator."""


class NotAnOperator(DomainError):
    """Only an operator may do this."""

    status = 403


class TopUpInvalid(DomainError):
    """A payment is a whole number of base units above zero, with a reference that names it."""

    status = 400


@transaction.atomic
def create_organization(*, name: str, category: str, country: str, founder: User, now: datetime) -> Organization:
    """Register a buyer with `founder` as its administrator. It can look at once, and buy when verified.

    Raises:
        OrganizationInvalid, OrganizationNameTaken
    """
    name = " ".join(name.split())
    if not 2 <= len(name) <= 80:
        raise OrganizationInvalid("A name has 2 to 80 characters.", field="name")
    if category not in BUYER_CATEGORIES:
        raise OrganizationInvalid(f"Choose one of: {', '.join(BUYER_CATEGORIES)}.", field="category")
    if not re.fullmatch("[A-Z]{2}", country):
        raise OrganizationInvalid("A country is its two-letter code, for example NL.", field="country")
    try:
        with transaction.atomic():
            organization = Organization.objects.create(name=name, category=category, country=country, created_at=now)
    except IntegrityError as error:
        raise OrganizationNameTaken(field="name") from error
    OrganizationSeat.objects.create(organization=organization, user=founder, role=Role.ADMIN)
    _note(organization, founder, "organization.created", now)
    return organization


@transaction.atomic
def verify_organization(*, organization: Organization, operator: User, now: datetime) -> Organization:
    """Record that an operator checked who the buyer is. Verifying again changes nothing.

    Raises:
        NotAnOperator
    """
    require_operator(operator)
    if Organization.objects.filter(pk=organization.pk, verified_at=None).update(verified_at=now):
        _note(organization, operator, "organization.verified", now)
    organization.refresh_from_db()
    return organization


@transaction.atomic
def give_seat(*, organization: Organization, actor: User, user: User, role: str, now: datetime) -> OrganizationSeat:
    """Let a person act for the organization in a role; a person has one role, the latest.

    Raises:
        SeatMissing, OrganizationInvalid, LastAdministrator
    """
    require_seat(organization=organization, user=actor, roles=(Role.ADMIN,))
    if role not in Role.values:
        raise OrganizationInvalid(f"Choose one of: {', '.join(Role.values)}.", field="role")
    if role != Role.ADMIN:
        _keep_an_administrator(organization, leaving=user)
    seat, _ = OrganizationSeat.objects.update_or_create(organization=organization, user=user, defaults={"role": role})
    _note(organization, actor, "organization.seat_given", now, role=role)
    return seat


@transaction.atomic
def remove_seat(*, organization: Organization, actor: User, user: User, now: datetime) -> None:
    """End a person's role. Their keys for this organization stop working with it.

    Raises:
        SeatMissing, LastAdministrator
    """
    require_seat(organization=organization, user=actor, roles=(Role.ADMIN,))
    _keep_an_administrator(organization, leaving=user)
    if OrganizationSeat.objects.filter(organization=organization, user=user).delete()[0]:
        _note(organization, actor, "organization.seat_removed", now)


@transaction.atomic
def issue_organization_key(
    *, organization: Organization, user: User, label: str, now: datetime | None = None
) -> tuple[ApiKey, str]:
    """A key with the scope `buyer` that acts for this organization; the second value is shown once.

    Raises:
        SeatMissing, KeyLabelMissing, TooManyKeys
    """
    require_seat(organization=organization, user=user, roles=MAY_BUY)
    key, text = issue_key(user=user, label=label, scopes=[ApiKey.Scope.BUYER], now=now or timezone.now())
    OrganizationKey.objects.create(key=key, organization=organization)
    return key, text


@transaction.atomic
def top_up(
    *, organization: Organization, asset: str, amount: int, reference: str, operator: User, now: datetime
) -> Journal:
    """Credit a bank transfer that an operator saw arrive: WORLD → BUYER. The same reference again is the same payment.

    Raises:
        NotAnOperator, TopUpInvalid, KeyReused
    """
    require_operator(operator)
    reference = reference.strip()
    if asset not in Asset.values:
        raise TopUpInvalid(f"Choose one of: {', '.join(Asset.values)}.", field="asset")
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
        raise TopUpInvalid("An amount is a whole number of base units above zero.", field="amount")
    if not re.fullmatch(r"[\x21-\x7e]{1,60}", reference):
        raise TopUpInvalid("A reference has 1 to 60 visible characters without spaces.", field="reference")
    world = posting.open_account(kind=Account.Kind.WORLD, asset=asset)
    key = f"top-up:{organization.pk}:{reference}"
    known = posting.find(key=key)
    journal = posting.post(
        key=key,
        kind="top-up",
        asset=asset,
        legs=[(world, -amount), (buyer_account(organization_id=organization.pk, asset=asset), amount)],
        body={"organization": str(organization.pk), "reference": reference},
    )
    if known is None:
        detail = {"asset": asset, "amount": str(amount), "reference": reference}
        _note(organization, operator, "organization.topped_up", now, **detail)
    return journal


def buyer_account(*, organization_id: UUID, asset: str) -> int:
    """The ledger account from which an organization pays."""
    return posting.open_account(kind=Account.Kind.BUYER, asset=asset, owner=organization_id)


def require_seat(
    *, organization: Organization, user: User, roles: Sequence[str] = tuple(Role.values)
) -> OrganizationSeat:
    """The person's seat, if its role is one of `roles`.

    Raises:
        SeatMissing
    """
    seat = OrganizationSeat.objects.filter(organization=organization, user=user, role__in=roles).first()
    if seat is None:
        raise SeatMissing
    return seat


def require_verified(*, organization: Organization) -> None:
    """Refuse to sell to a buyer that nobody has checked.

    Raises:
        OrganizationNotVerified
    """
    if not Organization.objects.filter(pk=organization.pk, verified_at__isnull=False).exists():
        raise OrganizationNotVerified


def require_operator(user: User) -> None:
    """Refuse everybody who lacks an operator's explicit permission.

    Raises:
        NotAnOperator
    """
    if not (user.is_active and user.is_staff and user.has_perm("licensing.change_organization")):
        raise NotAnOperator


def _keep_an_administrator(organization: Organization, *, leaving: User) -> None:
    seats = OrganizationSeat.objects.select_for_update().filter(organization=organization, role=Role.ADMIN)
    admins = set(seats.values_list("user_id", flat=True))
    if admins == {leaving.pk}:
        raise LastAdministrator


def _note(organization: Organization, actor: User, action: str, now: datetime, **detail: object) -> None:
    trail.record(
        actor=actor,
        action=action,
        object_kind="organization",
        object_id=str(organization.pk),
        detail=detail,
        now=now,
    )
