"""OAuth as apps meet it: what works, and every way in which codes, tokens and addresses are refused."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dimo.oauth import credentials, registration
from dimo.oauth.models import AppCredential, AppSession
from tests.vehicles.apps.world import (
    BACK,
    CHALLENGE,
    exchange,
    make_app,
    make_reading,
    post,
    query,
    renew,
    say_yes,
    signed_in,
    went_to,
)
from tests.vehicles.factories import make_user, make_vehicle
from vehicles.models import AppGrant

pytestmark = pytest.mark.django_db


def code_of(app, vehicle, **how) -> str:
    return went_to(say_yes(vehicle.owner, app, [vehicle], **how))[1]["code"]


def test_a_yes_leads_to_the_app_with_code_state_and_issuer():
    (app, _), vehicle = make_app(), make_vehicle()
    answer = say_yes(vehicle.owner, app, [vehicle])
    where, told = went_to(answer)
    assert (where, told["state"], told["iss"]) == (BACK, "s-1", "http://testserver")
    assert told["code"].startswith("du_code_")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "form-action 'self'" in answer["Content-Security-Policy"]


def test_a_no_leads_back_too_and_grants_nothing():
    (app, _), vehicle = make_app(), make_vehicle()
    answer = signed_in(vehicle.owner).post("/oauth/authorize/", {"answer": "no"}, query_params=query(app))
    assert went_to(answer)[1] == {"error": "access_denied", "state": "s-1", "iss": "http://testserver"}
    assert not AppGrant.objects.exists()
    assert not AppSession.objects.exists()


def test_nothing_is_chosen_on_the_page_and_off_comes_first():
    (app, _), vehicle = make_app(), make_vehicle()
    page = signed_in(vehicle.owner).get("/oauth/authorize/", query(app)).content.decode()
    assert page.count('value="off" checked') == 4
    assert len(re.findall(r"<input[^>]* checked", page)) == 4
    assert page.index('value="no"') < page.index('value="yes"')


def test_a_yes_without_a_vehicle_or_a_class_is_refused_on_the_page():
    (app, _), vehicle = make_app(), make_vehicle()
    for answer in (say_yes(vehicle.owner, app, []), say_yes(vehicle.owner, app, [vehicle], levels={})):
        assert answer.status_code == 422
        assert "Choose at least one vehicle" in answer.content.decode()
    assert not AppGrant.objects.exists()


def test_an_owner_cannot_allow_a_strangers_vehicle():
    (app, _), mine, theirs = make_app(), make_vehicle(), make_vehicle()
    assert say_yes(mine.owner, app, [theirs]).status_code == 422
    assert not AppGrant.objects.exists()


UNSOUND = [
    ({"client_id": "00000000-0000-0000-0000-000000000000"}, "no such app"),
    ({"client_id": "x"}, "no such app"),
    ({"redirect_uri": "https://app.example/callback/"}, "did not register"),
    ({"redirect_uri": "https://app.example.evil/callback"}, "did not register"),
    ({"redirect_uri": BACK + "?a=1"}, "did not register"),
    ({"redirect_uri": BACK + '"\\\x7f'}, "did not register"),
    ({"redirect_uri": None}, "did not register"),
]


@pytest.mark.parametrize(("changes", "reason"), UNSOUND)
def test_nobody_is_sent_to_an_address_that_is_not_the_apps(changes, reason):
    app, _ = make_app()
    page = signed_in(make_user()).get("/oauth/authorize/", query(app, **changes))
    assert page.status_code == 400
    assert reason in page.content.decode()
    assert "http-equiv" not in page.content.decode()


TOLD_THE_APP = [
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"state": None}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"scope": "everything"}, "invalid_scope"),
    ({"scope": "location"}, "invalid_scope"),
]


@pytest.mark.parametrize(("changes", "error"), TOLD_THE_APP)
def test_a_request_short_of_the_rules_is_told_to_the_app(changes, error):
    app, _ = make_app()
    where, told = went_to(signed_in(make_user()).get("/oauth/authorize/", query(app, **changes)))
    assert (where, told["error"], told["iss"]) == (BACK, error, "http://testserver")


def test_an_app_asks_for_no_more_than_it_registered():
    app, _ = make_app(scopes=["battery", "location:coarse"])
    client = signed_in(make_user())
    for scope, answered in (("location:precise", 1), ("energy", 1), ("battery.soc:coarse location:coarse", 0)):
        page = client.get("/oauth/authorize/", query(app, scope=scope)).content.decode()
        assert page.count("error=invalid_scope") == answered * 2  # in the refresh and in the link


def test_a_code_buys_short_tokens_that_say_what_they_are_and_are_kept_as_hashes():
    (app, _), vehicle = make_app(), make_vehicle()
    answer = exchange(app, code_of(app, vehicle))
    told = answer.json()
    assert (answer.status_code, told["token_type"], told["expires_in"]) == (200, "Bearer", 600)
    assert told["access_token"].startswith("du_app_")
    assert told["refresh_token"].startswith("du_ref_")
    assert set(told["scope"].split()) == {"vehicles", "trips", "battery", "location:precise"}
    assert answer["Cache-Control"] == "no-store"
    kept = b"".join(bytes(each.secret_sha256) for each in AppCredential.objects.all())
    assert told["access_token"].encode() not in kept


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 64},
        {"code_verifier": CHALLENGE},
        {"code_verifier": ""},
        {"redirect_uri": "https://app.example/other"},
        {"redirect_uri": ""},
    ],
)
def test_a_code_without_its_proof_or_its_address_buys_nothing(changes):
    (app, _), vehicle = make_app(), make_vehicle()
    code = code_of(app, vehicle)
    assert exchange(app, code, **changes).status_code == 400
    assert exchange(app, code).status_code == 400
    assert not AppCredential.objects.filter(kind="access").exists()


def test_a_code_that_comes_twice_ends_all_that_it_bought():
    (app, _), vehicle = make_app(), make_vehicle()
    code = code_of(app, vehicle)
    token = exchange(app, code).json()["access_token"]
    ask = {"headers": {"Authorization": f"Bearer {token}"}}
    assert Client().get("/api/v1/vehicles/", **ask).status_code == 200
    assert exchange(app, code).json()["error"] == "invalid_grant"
    assert Client().get("/api/v1/vehicles/", **ask).status_code == 401
    assert AppSession.objects.get().ended_because == "code_reused"


def test_a_code_is_for_the_app_that_asked_and_for_a_minute():
    (app, _), (other, _), vehicle = make_app(), make_app(name="Other"), make_vehicle()
    assert exchange(other, code_of(app, vehicle)).json()["error"] == "invalid_grant"
    old = code_of(app, vehicle)
    AppCredential.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert exchange(app, old).json()["error"] == "invalid_grant"


def test_a_refresh_token_works_once_and_its_return_ends_the_family():
    reading, _ = make_reading()
    first = renew(reading.app, reading.refresh).json()
    assert first["refresh_token"] != reading.refresh
    assert renew(reading.app, reading.refresh).json()["error"] == "invalid_grant"
    assert renew(reading.app, first["refresh_token"]).json()["error"] == "invalid_grant"
    reading.access = first["access_token"]
    assert reading.get("/api/v1/vehicles/").status_code == 401
    assert AppSession.objects.get().ended_because == "refresh_reused"


def test_a_renewed_token_may_be_narrower_and_never_wider():
    reading, vehicle = make_reading(levels={"vehicles": "exact", "battery": "exact"})
    assert renew(reading.app, reading.refresh, scope="location:precise").json()["error"] == "invalid_scope"
    told = renew(reading.app, reading.refresh, scope="vehicles location:precise battery.soc").json()
    assert told["scope"] == "battery.soc vehicles"
    reading, vehicle = make_reading(vehicle=vehicle)
    told = renew(reading.app, reading.refresh, scope="vehicles").json()
    assert told["scope"] == "vehicles"
    reading.access = told["access_token"]
    answer = reading.get(f"/api/v1/vehicles/{vehicle.public_id}/trips/")
    assert (answer.status_code, answer.json()["facts"]["lacks"]) == (403, "token")


def test_a_server_app_has_to_show_its_secret():
    (app, secret), vehicle = make_app(confidential=True), make_vehicle()
    assert secret.startswith("du_sec_")
    assert exchange(app, code_of(app, vehicle)).json()["error"] == "invalid_client"
    assert exchange(app, code_of(app, vehicle), secret="du_sec_wrong").json()["error"] == "invalid_client"
    assert exchange(app, code_of(app, vehicle), secret=secret).status_code == 200
    _, newer = registration.replace_secret(developer=app.developer, app_id=app.pk, now=timezone.now())
    assert exchange(app, code_of(app, vehicle), secret=secret).json()["error"] == "invalid_client"
    assert exchange(app, code_of(app, vehicle), secret=newer).status_code == 200


def test_a_token_given_back_ends_its_whole_session():
    reading, _ = make_reading()
    given = {"token": reading.refresh, "client_id": reading.app.client_id}
    assert post("/oauth/revoke", given).status_code == 200
    assert reading.get("/api/v1/vehicles/").status_code == 401
    assert post("/oauth/revoke", {**given, "token": "du_ref_unknown"}).status_code == 200


def test_another_app_cannot_give_back_a_token():
    reading, _ = make_reading()
    other, _ = make_app(name="Other")
    post("/oauth/revoke", {"token": reading.refresh, "client_id": other.client_id})
    assert reading.get("/api/v1/vehicles/").status_code == 200


@pytest.mark.parametrize("grant_type", ["password", "client_credentials", "implicit", "", "x\x00"])
def test_other_grants_are_not_given(grant_type):
    app, _ = make_app()
    answer = post("/oauth/token", {"grant_type": grant_type, "client_id": app.client_id, "username": "a"})
    assert answer.status_code == 400


@pytest.mark.parametrize("header", ["Basic \xff", "Basic !!", "Basic 4oKs/w==", "Basic OjpmOg=="])
def test_a_sign_in_that_cannot_be_read_is_no_fault_of_ours(header):
    answer = Client().post(
        "/oauth/token", "grant_type=authorization_code&code=x", "application/x-www-form-urlencoded",
        headers={"Authorization": header},
    )  # fmt: skip
    assert answer.status_code in (400, 401)


def test_the_metadata_says_what_is_true():
    told = Client().get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == "http://testserver"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["response_types_supported"] == ["code"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert {"location:coarse", "location:precise", "battery", "diagnostics.dtc", "trips", "vehicles"} <= set(
        told["scopes_supported"]
    )
    assert "location" not in told["scopes_supported"]


def test_ended_credentials_are_kept_a_day_and_then_gone():
    make_reading()
    assert credentials.prune_credentials(now=timezone.now() + timedelta(hours=20)) == 0
    assert credentials.prune_credentials(now=timezone.now() + timedelta(days=2)) == 2
    assert AppCredential.objects.get().kind == "refresh"
