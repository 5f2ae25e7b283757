"""The life of a license: paid, built, delivered, settled; or refunded in full. Money and state move together."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.ledger import posting
from dimo.ledger.models import Account
from dimo.users.models import User
from licensing.models import Dataset, License, Organization, Quote
from licensing.organizations import MAY_BUY, buyer_account, require_seat, require_verified

State = License.State
# From where to where; the database's trigger knows the same edges. Building again is a new attempt, not an edge.
EDGES: Final[dict[str, frozenset[str]]] = {
    State.FUNDED: frozenset({State.BUILDING, State.REFUNDED}),
    State.BUILDING: frozenset({State.DELIVERED, State.REFUNDED}),
    State.DELIVERED: frozenset({State.SETTLED}),
    State.SETTLED: frozenset(),
    State.REFUNDED: frozenset(),
}
FAILURES: Final = {
    "too_few_members": "Fewer members than the union's floor had rows in the period.",
    "build_failed": "The dataset could not be built after several attempts.",
}


class QuoteNotFound(DomainError):
    """There is no such quote."""

    status = 404


class QuoteExpired(DomainError):
    """The quote is older than fifteen minutes; ask for a new one."""


class QuoteAlreadyBought(DomainError):
    """This quote was bought already; look at its license."""


class LicenseNotFound(DomainError):
    """There is no such license."""

    status = 404


class LicenseNotRefundable(DomainError):
    """A delivered license is not refunded here."""


class LicenseNotDelivered(DomainError):
    """The license's files are not there yet."""


@transaction.atomic
def buy_license(*, quote_id: UUID, organization: Organization, user: User, now: datetime) -> License:
    """Hold the quoted price and queue the build, in one transaction. A quote is bought once.

    Raises:
        QuoteNotFound, QuoteExpired, QuoteAlreadyBought, InsufficientBalance, OrganizationNotVerified, SeatMissing
    """
    require_seat(organization=organization, user=user, roles=MAY_BUY)
    require_verified(organization=organization)
    quote = Quote.objects.select_for_update().filter(pk=quote_id, organization=organization).first()
    if quote is None:
        raise QuoteNotFound(field="quote")
    if bought := License.objects.filter(quote=quote).first():
        raise QuoteAlreadyBought(field="quote", license=bought.pk)
    if now >= quote.expires_at:
        raise QuoteExpired(field="quote")
    license = License.objects.create(
        quote=quote,
        union_id=quote.union_id,
        organization=organization,
        bought_by=user,
        asset=quote.asset,
        price=quote.price,
        total_rows=0,
        bought_at=now,
    )
    license.refresh_from_db(fields=["number"])
    posting.post(
        key=f"hold-license:{license.pk}",
        kind="hold-license",
        asset=license.asset,
        legs=[
            (buyer_account(organization_id=organization.pk, asset=license.asset), -license.price),
            (escrow_account(license=license), license.price),
        ],
        body={"license": str(license.pk)},
    )
    _note(license, user, "license.bought", now, price=str(license.price), asset=license.asset)
    return license


@transaction.atomic
def refund_license(*, license_id: UUID, failure: str, now: datetime) -> License:
    """Give the whole price back and close the license, exactly once; a refunded license stays as it is.

    Raises:
        LicenseNotFound, LicenseNotRefundable
    """
    license = License.objects.select_for_update().filter(pk=license_id).first()
    if license is None:
        raise LicenseNotFound
    if license.state == State.REFUNDED:
        return license
    if State.REFUNDED not in EDGES[license.state]:
        raise LicenseNotRefundable
    posting.post(
        key=f"refund-license:{license.pk}",
        kind="refund-license",
        asset=license.asset,
        legs=[
            (escrow_account(license=license), -license.price),
            (buyer_account(organization_id=license.organization_id, asset=license.asset), license.price),
        ],
        body={"license": str(license.pk), "failure": failure},
    )
    license.state, license.failure, license.phase, license.attempt = State.REFUNDED, failure, "", None
    license.save(update_fields=["state", "failure", "phase", "attempt"])
    _note(license, None, "license.refunded", now, failure=failure)
    return license


def mark_settled(*, license_id: UUID, now: datetime) -> bool:
    """Called by the room above when the price is shared out; False: it was not in the state DELIVERED."""
    return bool(
        License.objects.filter(pk=license_id, state=State.DELIVERED).update(state=State.SETTLED, settled_at=now)
    )


def escrow_account(*, license: License) -> int:
    """The ledger account in which the price waits until it is settled or refunded."""
    return posting.open_account(kind=Account.Kind.ESCROW, asset=license.asset, owner=license.pk)


def delivered(*, license: License) -> Dataset:
    """The newest revision of what a license delivers.

    Raises:
        LicenseNotDelivered
    """
    newest = license.datasets.order_by("-revision").first()
    if newest is None:
        raise LicenseNotDelivered
    return newest


def note_download(*, license: License, user: User, name: str, now: datetime) -> None:
    """Write down that somebody of the buyer's took a file; drivers in it see this."""
    _note(license, user, "license.downloaded", now, file=name)


def _note(license: License, actor: User | None, action: str, now: datetime, **detail: object) -> None:
    trail.record(
        actor=actor,
        actor_label=license.organization.name,
        action=action,
        object_kind="license",
        object_id=str(license.pk),
        union_id=license.union_id,
        detail={"number": license.number, **detail},
        now=now,
    )
