"""Reads of a person's phones."""

from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from dimo.users.models import User
from vehicles import selectors
from vehicles.models import Device, Pairing


def phones_of(*, owner: User) -> QuerySet[Device]:
    """A person's phones, newest first, each with what it measures now as `measuring`: one pairing or none."""
    now = Pairing.objects.filter(period__endswith__isnull=True).select_related("vehicle")
    measuring = Prefetch("pairings", queryset=now, to_attr="measuring")
    return selectors.devices_of(owner=owner).filter(kind=Device.Kind.PHONE).prefetch_related(measuring)


def phone_of(*, owner: User, public_id: UUID) -> Device:
    """Raises: Device.DoesNotExist, for what belongs to somebody else too."""
    return phones_of(owner=owner).get(public_id=public_id)


def newest_pairing(*, owner: User, since: datetime) -> Pairing | None:
    """What a person's phone that was paired at a moment or later measures now; of several the one paired last."""
    pairings = Pairing.objects.filter(
        device__owner=owner, device__kind=Device.Kind.PHONE, period__endswith__isnull=True, vehicle__owner=owner
    )
    pairings = pairings.filter(period__startswith__gte=since)
    return pairings.select_related("device", "vehicle").order_by("-period__startswith", "-pk").first()
