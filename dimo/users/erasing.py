"""A person is erased: how they signed in, what they were called and every key. What the books name stays a number."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from guardian.models import UserObjectPermission

from dimo.api.models import ApiKey, IdempotentRequest
from dimo.audit import reads
from dimo.oauth import leaving
from dimo.users.models import User
from dimo.wallets.models import Wallet

ERASED = (
    "account_emailaddress",
    "account_emailconfirmation",
    "axes_accessattempt",
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
    "axes_accesslog",
    "dimo_accessentry",
    "dimo_apikey",
    "dimo_appcredential",
    "dimo_appsession",
    "dimo_idempotentrequest",
    "dimo_user_groups",
    "dimo_user_user_permissions",
    "dimo_wallet",
    "django_session",
    "guardian_userobjectpermission",
    "mfa_authenticator",
    "usersessions_usersession",
)
KEPT_OF_VEHICLE = {
    "dimo_accessentry": "Your log of who read your data stays yours to read, and goes with your account.",
}
KEPT_OF_ACCOUNT = {
    "dimo_app": "An app of yours that others authorized is closed; they keep the name that they knew it by.",
    "dimo_user": "A number without name, address or way to sign in stays, so that the books stay whole.",
    "django_admin_log": "What operators did stays, without the names of people it concerned.",
}
KEPT = {
    "dimo_auditevent": "The trail keeps that something was done, not whose name it was, as the law demands of it.",
    "ledger_account": "Accounting records stay under a pseudonym, for as long as the law demands.",
    "ledger_entry": "Accounting records stay under a pseudonym, for as long as the law demands.",
}


@transaction.atomic
def erase_person(*, person: User) -> dict[str, int]:
    """Delete every way to sign in and every name; how many rows went, by table. The row itself is left as a number.

    Again: changes nothing.
    """
    sessions = list(UserSession.objects.filter(user=person).values_list("session_key", flat=True))
    rows: list[QuerySet[Any]] = [
        Session.objects.filter(session_key__in=sessions),
        UserSession.objects.filter(user=person),
        EmailAddress.objects.filter(user=person),
        Authenticator.objects.filter(user=person),
        ApiKey.objects.filter(user=person),
        IdempotentRequest.objects.filter(user=person),
        Wallet.objects.filter(user=person),
        UserObjectPermission.objects.filter(user=person),
        *(
            model.objects.filter(username__iexact=person.email)
            for model in (AccessAttempt, AccessFailureLog, AccessLog)
        ),
    ]
    counts = {found.model._meta.db_table: int(found.delete()[0]) for found in rows}
    counts |= leaving.forget_person(person=person, now=timezone.now())
    counts["dimo_accessentry"] = reads.forget(person=person)
    apps.get_model("admin", "LogEntry").objects.filter(
        content_type__app_label="dimo", content_type__model="user", object_id=str(person.pk)
    ).update(object_repr="erased", change_message="")
    person.groups.clear()
    person.user_permissions.clear()
    person.email, person.name, person.timezone = f"{person.public_id}@erased.invalid", "", "UTC"
    person.is_active = person.is_staff = person.is_superuser = False
    person.last_login = None
    person.set_unusable_password()
    person.save()
    return counts
