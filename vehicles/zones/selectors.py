"""A person's own zones."""

from django.db.models import QuerySet

from dimo.users.models import User
from vehicles.models import PrivacyZone


def zones_of(*, owner: User) -> QuerySet[PrivacyZone]:
    """One's own zones, by name; nobody else reads them."""
    return PrivacyZone.objects.filter(owner=owner).select_related("vehicle").order_by("label", "pk")
