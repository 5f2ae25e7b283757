"""Handing over: consent is read again, then file, evidence and state change together or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from dimo.audit import trail
from dimo.errors import DomainError
from licensing import access
from licensing.datasets import claims, files
from licensing.datasets.consented import Consent, narrowed, read_consent
from licensing.datasets.weights import weights
from licensing.licenses import refund_license
from licensing.models import Contribution, Dataset, License

BATCH = 5000


class ConsentNarrowed(DomainError):
    """A driver allows less than when the build began, so it is built again without what they took back."""


@dataclass(frozen=True, slots=True)
class Built:
    """A finished folder that nobody may see yet."""

    folder: Path
    rows: int
    per_vehicle: Mapping[int, int]
    manifest: dict[str, Any]
    consent: Consent


@transaction.atomic
def deliver(*, license_id: UUID, attempt: UUID, built: Built, now: datetime) -> Dataset:
    """Place the folder, write whose rows it holds, and mark the license DELIVERED, under the lock of this attempt.

    Raises:
        ClaimLost: another attempt took over; nothing changed.
        ConsentNarrowed: build again; nothing changed.
    """
    license = claims.hold(license_id=license_id, attempt=attempt)
    fresh = read_consent(license=license, now=now, vehicle_ids=sorted(built.per_vehicle))
    if narrowed(built.consent, fresh) & set(built.per_vehicle):
        raise ConsentNarrowed
    dataset = Dataset.objects.create(
        license=license,
        revision=0,
        folder=files.folder_of(license.pk, 0),
        rows=built.rows,
        vehicles=len(built.per_vehicle),
        manifest=built.manifest,
        consent_sha256=built.consent.sha256,
        built_at=now,
    )
    Contribution.objects.bulk_create(contributions(license, built), batch_size=BATCH)
    access.log_delivery(license=license, spans=built.consent.spans, now=now)
    license.state, license.delivered_at = License.State.DELIVERED, now
    license.phase, license.attempt = "", None
    license.done_rows = license.total_rows
    license.save(update_fields=["state", "delivered_at", "phase", "attempt", "done_rows"])
    trail.record(
        actor=None,
        actor_label=license.organization.name,
        action="license.delivered",
        object_kind="license",
        object_id=str(license.pk),
        union_id=license.union_id,
        detail={"number": license.number, "rows": built.rows},
        now=now,
    )
    files.place(built.folder, dataset.folder)  # last: everything that the database may refuse has passed
    return dataset


def contributions(license: License, built: Built) -> list[Contribution]:
    """One row per vehicle that the file holds, weighed by the rule of the terms the license opened under."""
    weighed = weights(built.per_vehicle, rule=license.quote.terms.split_rule)
    return [
        Contribution(
            license=license,
            union_id=license.union_id,
            vehicle_id=vehicle,
            membership_id=built.consent.parties[vehicle].membership_id,
            member_id=built.consent.parties[vehicle].member_id,
            rows=rows,
            weight=weighed[vehicle],
        )
        for vehicle, rows in sorted(built.per_vehicle.items())
    ]


@transaction.atomic
def give_up(*, license_id: UUID, attempt: UUID, failure: str, now: datetime) -> None:
    """Refund the license in this attempt's name.

    Raises:
        ClaimLost
    """
    claims.hold(license_id=license_id, attempt=attempt)
    refund_license(license_id=license_id, failure=failure, now=now)
