"""Apps are registered by their developers, vouched for and suspended by operators."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.oauth import scopes as words
from dimo.oauth.credentials import SECRET_LABEL, new_secret
from dimo.oauth.models import App, secret_hash
from dimo.users.models import User

APPS_PER_DEVELOPER: Final = 20
MOST_ADDRESSES: Final = 10
LOOPBACK: Final = {"localhost", "127.0.0.1", "[::1]"}
web_address = URLValidator(schemes=["https", "http"])


class AppNameMissing(DomainError):
    """An app and its publisher each need a name of at least 2 characters."""

    status = 400


class WebsiteInvalid(DomainError):
    """The website is an https address."""

    status = 400


class RedirectInvalid(DomainError):
    """A redirect address is https without a fragment, http on this machine, or an own scheme with a dot in its name."""

    status = 400


class ScopeNotKnown(DomainError):
    """An app asks for at least one scope, and only for scopes that there are."""

    status = 400


class TooManyApps(DomainError):
    """You have 20 apps; close one first."""


class AppNotFound(DomainError):
    """You have no such app."""

    status = 404


class AppKeepsNoSecret(DomainError):
    """This app was registered as one that can keep no secret."""


def check_redirect(address: str) -> str:
    """An address that people may be sent back to, as it is compared: letter for letter.

    Raises:
        RedirectInvalid
    """
    try:
        found = urlsplit(address)
        host = found.hostname or ""
        _ = found.port
    except ValueError as error:
        raise RedirectInvalid(field="redirect_uris") from error
    printable = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    fine = printable and len(address) <= 300 and "#" not in address and "@" not in found.netloc
    if found.scheme == "http":
        fine = fine and (host in LOOPBACK or host == "::1")
    elif found.scheme == "https":
        fine = fine and bool(host)
    else:  # RFC 8252: a scheme of one's own is a domain turned round, which `javascript` is not
        fine = fine and "." in found.scheme
    if not fine:
        raise RedirectInvalid(field="redirect_uris")
    return address


def check_website(address: str) -> str:
    """Raises: WebsiteInvalid."""
    try:
        web_address(address)
    except ValidationError as error:
        raise WebsiteInvalid(field="website") from error
    if not address.startswith("https://") or len(address) > 200:
        raise WebsiteInvalid(field="website")
    return address


@transaction.atomic
def register_app(
    *,
    developer: User,
    name: str,
    publisher: str,
    website: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    confidential: bool,
    now: datetime,
) -> tuple[App, str]:
    """Register an app; the second value is its secret, which nobody can show again, or empty.

    Raises:
        AppNameMissing, WebsiteInvalid, RedirectInvalid, ScopeNotKnown, TooManyApps
    """
    name, publisher = " ".join(name.split()), " ".join(publisher.split())
    for field, text, most in (("name", name, 60), ("publisher", publisher, 80)):
        if not 2 <= len(text) <= most or not text.isprintable():
            raise AppNameMissing(field=field)
    addresses = list(dict.fromkeys(check_redirect(address.strip()) for address in redirect_uris if address.strip()))
    if not 1 <= len(addresses) <= MOST_ADDRESSES:
        raise RedirectInvalid(field="redirect_uris")
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= words.known().keys():
        raise ScopeNotKnown(field="scopes")
    User.objects.select_for_update().get(pk=developer.pk)  # two tabs at once must not pass the limit together
    if App.objects.filter(developer=developer, closed_at=None).count() >= APPS_PER_DEVELOPER:
        raise TooManyApps
    secret = new_secret(SECRET_LABEL) if confidential else ""
    app = App.objects.create(
        developer=developer,
        name=name,
        publisher=publisher,
        website=check_website(website.strip()),
        redirect_uris=addresses,
        scopes=wanted,
        secret_sha256=secret_hash(secret) if secret else None,
        registered_at=now,
    )
    note(app, developer, "app.registered", now)
    return app, secret


def apps_of(*, developer: User) -> list[App]:
    """A developer's apps that are not closed, newest first."""
    return list(App.objects.filter(developer=developer, closed_at=None).order_by("-registered_at"))


def own(*, developer: User, app_id: UUID) -> App:
    """One's own app, locked.

    Raises:
        AppNotFound
    """
    app = App.objects.select_for_update().filter(developer=developer, pk=app_id, closed_at=None).first()
    if app is None:
        raise AppNotFound
    return app


@transaction.atomic
def replace_secret(*, developer: User, app_id: UUID, now: datetime) -> tuple[App, str]:
    """A new secret; the old one ends at once.

    Raises:
        AppNotFound, AppKeepsNoSecret
    """
    app = own(developer=developer, app_id=app_id)
    if app.secret_sha256 is None:
        raise AppKeepsNoSecret
    secret = new_secret(SECRET_LABEL)
    app.secret_sha256 = secret_hash(secret)
    app.save(update_fields=["secret_sha256"])
    note(app, developer, "app.secret_replaced", now)
    return app, secret


@transaction.atomic
def close_app(*, developer: User, app_id: UUID, now: datetime) -> App:
    """End an app for good: nothing is answered to it from now on.

    Raises:
        AppNotFound
    """
    app = own(developer=developer, app_id=app_id)
    app.closed_at = now
    app.save(update_fields=["closed_at"])
    note(app, developer, "app.closed", now)
    return app


@transaction.atomic
def set_suspended(*, app: App, suspended: bool, operator: User, now: datetime) -> None:
    """Refuse every read of an app at once, or let it read again what its owners allow. Idempotent."""
    changed = App.objects.filter(pk=app.pk, suspended_at__isnull=suspended)
    if changed.update(suspended_at=now if suspended else None):
        note(app, operator, "app.suspended" if suspended else "app.resumed", now)


@transaction.atomic
def set_verified(*, app: App, verified: bool, operator: User, now: datetime) -> None:
    """Say on the consent screen that we know the publisher, or stop saying so. Idempotent."""
    if App.objects.filter(pk=app.pk, verified_at__isnull=verified).update(verified_at=now if verified else None):
        note(app, operator, "app.verified" if verified else "app.unverified", now)


def note(app: App, actor: User, action: str, now: datetime) -> None:
    """Write down who did what with an app."""
    trail.record(actor=actor, actor_label=app.name, action=action, object_kind="app", object_id=str(app.pk), now=now)
