"""What of this room belongs to a person rather than to a vehicle, and then the person themself."""

import shutil
from pathlib import Path

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext as _

from dimo.users import erasing
from dimo.users.models import User
from vehicles import app_grants
from vehicles.battery import leaving
from vehicles.erasure.rows import drop_batches, drop_devices, gone
from vehicles.erasure.steps import Subject, count
from vehicles.models import (
    ChargingPlace,
    ContactWish,
    DataExport,
    Device,
    ExactWish,
    ImportBatch,
    NamedArea,
    PrivacyZone,
)

EXPORTS = "exports"  # below MEDIA_ROOT; see vehicles/exports/archive.py


@transaction.atomic
def erase(subject: Subject) -> None:
    """Delete archives made of the data; of an account also devices, imports, places, and who the person is."""
    counts = drop_exports(subject.person)
    counts["vehicles_peermedian"] = leaving.forget_member(owner=subject.person, now=subject.now)
    if subject.whole:
        counts |= own_rows(subject.person)
        address = subject.person.email if subject.person.is_active else ""
        counts |= erasing.erase_person(person=subject.person)
        if address:
            transaction.on_commit(lambda: farewell(address), robust=True)
    count(erasure=subject.erasure, counts=counts)


def drop_exports(person: User) -> dict[str, int]:
    """Delete a person's exports, ready or being made."""
    exports = DataExport.objects.filter(owner=person)
    for export in exports:
        folder = Path(settings.MEDIA_ROOT) / EXPORTS / str(export.pk)
        shutil.rmtree(folder, ignore_errors=True)
    return {"vehicles_dataexport": gone(exports)}


def own_rows(person: User) -> dict[str, int]:
    """Delete what a person has beside vehicles. A device in another owner's past stays, without its name."""
    Device.objects.filter(owner=person).update(label="")
    return {
        "vehicles_namedarea": gone(NamedArea.objects.filter(owner=person)),
        "vehicles_chargingplace": gone(ChargingPlace.objects.filter(owner=person)),
        "vehicles_contactwish": gone(ContactWish.objects.filter(owner=person)),
        "vehicles_exactwish": gone(ExactWish.objects.filter(owner=person)),
        "vehicles_privacyzone": gone(PrivacyZone.objects.filter(owner=person)),
        "vehicles_appgrant": app_grants.forget_grants(owner=person),
        "vehicles_device": drop_devices(list(Device.objects.filter(owner=person))),
        **drop_batches([each for each in ImportBatch.objects.filter(owner=person) if not each.sources.exists()]),
    }


def farewell(address: str) -> None:
    """Tell the address that is now forgotten."""
    send_mail(
        _("Your account is erased"),
        _("Everything that could be erased is erased. The certificate is behind the link that you were shown.\n"),
        None,
        [address],
    )
