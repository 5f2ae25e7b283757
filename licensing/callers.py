"""For which buyer a request acts. A stranger's rows are not forbidden, they are not there."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from dimo.api.models import ApiKey
from dimo.errors import DomainError
from dimo.users.models import User
from licensing import selectors
from licensing.licenses import LicenseNotFound, QuoteNotFound
from licensing.models import License, Organization, Quote

HEADER = "Organization"
SESSION = "organization"


class Asking(Protocol):
    """A request of a page or of the API, as far as these questions go."""

    @property
    def user(self) -> object: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class NoOrganization(DomainError):
    """You act for no buyer. Register an organization, or ask its administrator for a seat."""

    status = 403


class OrganizationNotNamed(DomainError):
    """You act for several organizations; name one in the Organization header."""

    status = 400


def organizations(request: Asking) -> list[Organization]:
    """Every organization the caller may act for.

    Raises:
        NoOrganization
    """
    key = getattr(request, "auth", None)
    user = request.user
    found = (
        selectors.organizations_of(user=user, key=key if isinstance(key, ApiKey) else None)
        if isinstance(user, User)
        else []
    )
    if not found:
        raise NoOrganization
    return found


def acting(request: Asking) -> Organization:
    """The one organization a request acts for: named by header, else chosen in this browser, else the only one.

    Raises:
        NoOrganization, OrganizationNotNamed
    """
    found = organizations(request)
    named = request.headers.get(HEADER) or _chosen(request, found)
    for organization in found:
        if str(organization.pk) == named.strip().lower():
            return organization
    raise OrganizationNotNamed(field=HEADER)


def license_of(request: Asking, license_id: UUID) -> License:
    """The caller's license.

    Raises:
        LicenseNotFound, NoOrganization
    """
    found = selectors.licenses_of(organizations=organizations(request)).filter(pk=license_id).first()
    if found is None:
        raise LicenseNotFound
    return found


def quote_of(request: Asking, quote_id: UUID) -> Quote:
    """The caller's quote.

    Raises:
        QuoteNotFound, NoOrganization
    """
    found = selectors.quote_of(organizations=organizations(request), quote_id=quote_id)
    if found is None:
        raise QuoteNotFound(field="quote")
    return found


def _chosen(request: Asking, found: list[Organization]) -> str:
    """What a person picked on the organization's page; a page never has to ask, so it begins with the first by name."""
    if isinstance(getattr(request, "auth", None), ApiKey):
        return str(found[0].pk) if len(found) == 1 else ""
    session = getattr(request, "session", None)
    picked = str(session.get(SESSION, "")) if session is not None else ""
    return picked if picked in {str(one.pk) for one in found} else str(found[0].pk)
