"""From a delivered license to what each party is owed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from dimo import money, tenancy
from dimo.audit import trail
from dimo.errors import DomainError
from dimo.ledger import posting
from dimo.ledger.models import Account, Journal
from licensing import licenses
from licensing.models import License
from rewards.evidence import Evidence, evidence_of
from rewards.models import Settlement

COPY_SHARES = "COPY rewards_share (settlement_id, vehicle_id, member_id, rows, weight, amount) FROM STDIN"


class LicenseNotDelivered(DomainError):
    """Nothing was handed over yet, so nothing is owed."""


class AlreadySettledElsewhere(DomainError):
    """The license left the state DELIVERED while its settlement was being posted."""


@dataclass(frozen=True)
class Parts:
    """A price taken apart. The fees are rounded down, so the drivers' part takes what rounding leaves."""

    protocol: int
    union: int
    drivers: int
    holdback: int


def settle_license(*, license_id: UUID, now: datetime | None = None) -> Journal:
    """Share a delivered license's price among protocol, union and contributing members, exactly once.

    Amounts are integers in the asset's base units and every unit is credited; vehicles share by contribution weight,
    largest remainder first, ties by the hash of license and vehicle. Where nothing weighs, the drivers' part is held
    back. Settling again returns the same journal.

    Raises:
        License.DoesNotExist, LicenseNotDelivered
    """
    with transaction.atomic():
        license = License.objects.select_for_update(of=("self",)).select_related("quote__terms").get(pk=license_id)
        settled = Settlement.objects.select_related("journal").filter(pk=license.pk).first()
        if settled:
            return settled.journal
        if license.state != License.State.DELIVERED:
            raise LicenseNotDelivered(field="license")
        with tenancy.only_union(license.union_id):
            return _settle(license, now or timezone.now())


def claim_delivered(*, skip: Collection[UUID] = ()) -> UUID | None:
    """The oldest delivered license that nobody settles right now, locked until the caller's transaction ends."""
    waiting = License.objects.filter(state=License.State.DELIVERED, settlement=None).exclude(pk__in=skip)
    free = waiting.order_by("delivered_at", "pk").select_for_update(skip_locked=True, of=("self",))
    return free.values_list("pk", flat=True).first()


def parts(*, price: int, protocol_fee_bps: int, union_fee_bps: int, weight: int) -> Parts:
    """Take a price apart: fees by floor, the rest to the drivers, or held back where nothing weighs.

    Raises:
        UnsharableAmount
    """
    protocol, union = money.fee(price, protocol_fee_bps), money.fee(price, union_fee_bps)
    pool = price - protocol - union
    return Parts(protocol, union, pool, 0) if weight else Parts(protocol, union, 0, pool)


def shares(*, license_id: UUID, amount: int, evidence: Evidence) -> list[int]:
    """Each contribution's part of `amount`, in the order of the evidence; all zero where nothing weighs."""
    if not evidence.weight:
        return [0] * len(evidence.weights)
    ranks = [money.tie_rank(str(license_id), vehicle) for vehicle in evidence.names]
    return money.split(amount, evidence.weights, ranks=ranks)


def _settle(license: License, now: datetime) -> Journal:
    quote, evidence = license.quote, evidence_of(license_id=license.pk, asset=license.asset)
    protocol_bps, union_bps = quote.protocol_fee_bps, quote.terms.union_fee_bps
    split = parts(price=license.price, protocol_fee_bps=protocol_bps, union_fee_bps=union_bps, weight=evidence.weight)
    amounts = shares(license_id=license.pk, amount=split.drivers, evidence=evidence)
    journal = _post(license, split, evidence, amounts)
    Settlement.objects.create(
        license=license,
        union_id=license.union_id,
        journal=journal,
        asset=license.asset,
        price=license.price,
        protocol_amount=split.protocol,
        union_amount=split.union,
        drivers_amount=split.drivers,
        holdback_amount=split.holdback,
        protocol_fee_bps=protocol_bps,
        union_fee_bps=union_bps,
        split_rule=quote.terms.split_rule,
        contributors=len(evidence.weights),
        rows=sum(evidence.rows),
        weight=evidence.weight,
        settled_at=now,
    )
    _copy_shares(license.pk, evidence, amounts)
    if not licenses.mark_settled(license_id=license.pk, now=now):
        raise AlreadySettledElsewhere
    _note(license, now)
    return journal


def _post(license: License, split: Parts, evidence: Evidence, amounts: list[int]) -> Journal:
    asset = license.asset
    fixed = [
        (posting.open_account(kind=Account.Kind.TREASURY, asset=asset), split.protocol),
        (posting.open_account(kind=Account.Kind.UNION, asset=asset, union_id=license.union_id), split.union),
    ]
    if split.holdback:
        holdback = posting.open_account(kind=Account.Kind.HOLDBACK, asset=asset, owner=license.pk)
        fixed.append((holdback, split.holdback))
    return posting.post_split(
        key=f"settle-license:{license.pk}",
        kind="settle-license",
        asset=asset,
        source=licenses.escrow_account(license=license),
        fixed=fixed,
        accounts=evidence.accounts,
        amounts=amounts,
        body={"license": license.pk, "price": license.price},
    )


def _copy_shares(license_id: UUID, evidence: Evidence, amounts: list[int]) -> None:
    columns = zip(evidence.vehicles, evidence.members, evidence.rows, evidence.weights, amounts, strict=True)
    lines = [f"{license_id}\t{v}\t{m}\t{rows}\t{weight}\t{amount}\n" for v, m, rows, weight, amount in columns]
    if not lines:
        return
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(COPY_SHARES) as copy:
        copy.write("".join(lines))


def _note(license: License, now: datetime) -> None:
    trail.record(
        actor=None,
        action="license.settled",
        object_kind="license",
        object_id=str(license.pk),
        union_id=license.union_id,
        detail={"number": license.number},
        now=now,
    )
