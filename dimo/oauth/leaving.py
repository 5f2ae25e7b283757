"""A person leaves: what they let apps do ends without a trace, and apps that they made work for nobody any more."""

from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError

from dimo.oauth.models import App, AppSession
from dimo.users.models import User

NOWHERE = "https://erased.invalid/"


@transaction.atomic
def forget_person(*, person: User, now: datetime) -> dict[str, int]:
    """Delete a person's sessions with apps and every token of them, and the apps that they registered.

    An app that other people authorized stays closed, under the name that they know it by. Again: changes nothing.
    """
    counts = {"dimo_appsession": AppSession.objects.filter(user=person).delete()[1].get("dimo.AppSession", 0)}
    removed = 0
    for app in App.objects.select_for_update().filter(developer=person).order_by("registered_at"):
        try:
            with transaction.atomic():
                app.delete()
            removed += 1
        except ProtectedError:
            app.publisher, app.website, app.redirect_uris, app.secret_sha256 = "", NOWHERE, [NOWHERE], None
            app.closed_at = app.closed_at or now
            app.save()
    return counts | {"dimo_app": removed}
