"""Two who bring one code or one refresh token at once: one is served at most, and what it bought ends."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from dimo.oauth import credentials
from dimo.oauth.models import AppCredential, AppSession, secret_hash
from tests.vehicles.apps.test_oauth import code_of
from tests.vehicles.apps.world import exchange, make_app, make_reading, renew
from tests.vehicles.factories import make_vehicle

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 4


def at_once(act):
    def alone(_):
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(alone, range(MANY)))


def served_once_and_ended(answers, because):
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (MANY - 1)
    assert {answer.json().get("error") for answer in answers} == {None, "invalid_grant"}
    assert AppSession.objects.get().ended_because == because
    [bought] = [answer.json() for answer in answers if answer.status_code == 200]
    with pytest.raises(credentials.TokenRefused):
        credentials.find_access(text=bought["access_token"], now=timezone.now())
    return bought


def test_of_many_who_bring_one_code_one_is_served_and_what_it_bought_ends():
    (app, _), vehicle = make_app(), make_vehicle()
    code = code_of(app, vehicle)
    bought = served_once_and_ended(at_once(lambda: exchange(app, code)), "code_reused")
    assert AppCredential.objects.filter(kind="access").count() == 1
    assert renew(app, bought["refresh_token"]).json()["error"] == "invalid_grant"


def test_of_many_who_bring_one_refresh_token_one_is_served_and_its_family_ends():
    reading, _ = make_reading()
    bought = served_once_and_ended(at_once(lambda: renew(reading.app, reading.refresh)), "refresh_reused")
    assert AppCredential.objects.filter(kind="refresh").count() == 2
    assert renew(reading.app, bought["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("kind", ["code", "refresh"])
def test_the_second_waits_until_it_is_known_what_became_of_the_first(kind):
    """Without the lock the second would read that nobody used it, since the first has not committed."""
    reading, _ = make_reading()
    kind = AppCredential.Kind(kind)
    credential = AppCredential.objects.filter(kind=kind).get()
    credential.secret_sha256, credential.used_at = secret_hash("secret"), None
    credential.expires_at = timezone.now() + credentials.LASTS[AppCredential.Kind.REFRESH]
    credential.save()
    seen = []

    def take():
        return credentials.take(text="secret", kind=kind, app=reading.app, now=timezone.now())

    def second():
        try:
            seen.append(take())
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        assert take() is not None
        other.start()
        other.join(0.5)
        assert other.is_alive()
    other.join(20)
    assert seen == [None]
    assert AppSession.objects.get().ended_because == f"{kind}_reused"


def test_a_session_that_ends_while_its_code_is_taken_buys_nothing():
    reading, _ = make_reading()
    session = AppSession.objects.get()
    seen = []

    def second():
        try:
            seen.append(renew(reading.app, reading.refresh))
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        credentials.end_sessions(sessions=[session.pk], because=AppSession.Ended.OWNER, now=timezone.now())
        other.start()
        other.join(0.5)
        assert other.is_alive()
    other.join(20)
    assert seen[0].json()["error"] == "invalid_grant"
    assert AppCredential.objects.filter(kind="refresh").count() == 1
