"""The certificate of an erasure: what went from which store, signed, without anything by which a person is known."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dimo import statements
from dimo.crypto import subkey
from dimo.errors import DomainError
from dimo.version import code_version
from vehicles.erasure import asking
from vehicles.erasure.steps import Subject, reasons
from vehicles.models import Erasure, ErasureCertificate


class CertificateUnknown(DomainError):
    """There is no certificate behind this link."""

    status = 404


def link_secret(*, erasure_id: UUID) -> str:
    """What the certificate's link ends in: derived, so that it is stored nowhere and can be shown again."""
    digest = hmac.digest(subkey("erasure-link"), erasure_id.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:24]).decode()


def pseudonym_of(erasure: Erasure) -> str:
    """A name for what was erased, that nothing else is called by."""
    digest = hmac.digest(subkey("erasure-pseudonym"), erasure.id.bytes, hashlib.sha256)
    return base64.b32encode(digest).decode()[:20]


def moment(at: datetime | None) -> str | None:
    """UTC to the second."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def statement_of(erasure: Erasure, *, times: int, done_at: datetime) -> dict[str, object]:
    """What is certified."""
    return {
        "type": "commons.erasure-certificate",
        "version": 1,
        "id": str(erasure.pk),
        "scope": erasure.scope,
        "subject": pseudonym_of(erasure),
        "ownership_periods": times,
        "asked_at": moment(erasure.asked_at),
        "done_at": moment(done_at),
        "erased": dict(sorted(erasure.counts.items())),
        "lake": {
            "version_before": erasure.lake_before,
            "version_after": erasure.lake_after,
            "older_files_removed_at": moment(erasure.vacuumed_at),
        },
        "kept": reasons(whole=erasure.scope == Erasure.Scope.ACCOUNT),
        "code_version": code_version(),
    }


@transaction.atomic
def issue(subject: Subject) -> None:
    """Sign what was done and call the erasure done; once."""
    erasure = Erasure.objects.select_for_update().get(pk=subject.erasure.pk)
    if erasure.state != Erasure.State.DUE:
        return
    done_at = timezone.now()
    statement = statement_of(erasure, times=len(subject.times), done_at=done_at)
    document = json.dumps(statements.signed(statement), indent=2, sort_keys=True) + "\n"
    ErasureCertificate.objects.create(erasure=erasure, document=document, issued_at=done_at)
    erasure.state, erasure.done_at = Erasure.State.DONE, done_at
    erasure.save(update_fields=["state", "done_at"])
    asking.note(erasure, "done", now=done_at)


def certificate_behind(*, erasure_id: UUID, secret: str) -> ErasureCertificate | None:
    """The certificate for whoever has its link; None while the erasure is not done.

    Raises:
        CertificateUnknown
    """
    if not hmac.compare_digest(link_secret(erasure_id=erasure_id).encode(), secret.encode()):
        raise CertificateUnknown
    if not Erasure.objects.filter(pk=erasure_id).exclude(state=Erasure.State.CANCELED).exists():
        raise CertificateUnknown
    return ErasureCertificate.objects.filter(pk=erasure_id).first()
