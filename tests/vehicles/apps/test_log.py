"""The log of reads: written before the answer, by everybody who reads, and never changed."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from psycopg import errors

from dimo.audit import access_selectors, reads
from dimo.audit.models import AccessEntry
from dimo.oauth import registration
from dimo.users import operators
from tests.vehicles.apps.world import authorized, give_drive, make_app, make_reading, signed_in
from tests.vehicles.factories import make_source, make_user, make_vehicle
from vehicles import app_grants, registry
from vehicles.models import AppGrant

pytestmark = pytest.mark.django_db


def entries(owner):
    return list(access_selectors.entries_of(owner=owner))


def test_each_read_says_who_what_when_and_under_which_grant():
    vehicle = make_vehicle()
    give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle])
    for path in ("", f"{vehicle.public_id}/trips/", f"{vehicle.public_id}/signals/latest"):
        assert reading.get(f"/api/v1/vehicles/{path}").status_code == 200
    latest, trips, listed = entries(vehicle.owner)
    assert [entry.what for entry in (latest, trips, listed)] == ["latest", "trips", "vehicles"]
    assert {entry.reader_name for entry in (latest, trips, listed)} == {"Charge Planner"}
    assert {entry.under_id for entry in (latest, trips, listed)} == {str(AppGrant.objects.get().pk)}
    assert trips.rows == 1
    assert set(trips.scopes) == {"trips", "location:precise", "battery.soc"}
    assert set(latest.scopes) == {"battery.soc", "location:precise"}
    assert latest.vehicle_id == vehicle.pk
    assert trips.since < trips.until <= timezone.now()


def test_no_log_no_data(superuser):
    reading, vehicle = make_reading()
    superuser.execute("REVOKE INSERT ON dimo_accessentry FROM dimo_app")
    try:
        for path in (
            "",
            f"{vehicle.public_id}/trips/",
            f"{vehicle.public_id}/signals/?names=powertrainTractionBatteryStateOfChargeCurrent",
        ):
            refused = reading.get(f"/api/v1/vehicles/{path}")
            assert (refused.status_code, refused.json()["code"]) == (503, "access_not_logged")
            assert "results" not in refused.json()
    finally:
        superuser.execute("GRANT INSERT ON dimo_accessentry TO dimo_app")


def test_what_is_revoked_while_it_is_read_is_not_answered(monkeypatch):
    """The revocation lands between reading and answering; nothing is told and nothing is logged."""
    reading, vehicle = make_reading()

    def meanwhile(*, reach):
        app_grants.revoke_grant(owner=vehicle.owner, grant_id=reach.grant.pk, now=timezone.now())
        return []

    monkeypatch.setattr("vehicles.app_trips.told_scopes", meanwhile)
    answer = reading.get(f"/api/v1/vehicles/{vehicle.public_id}/trips/")
    assert (answer.status_code, answer.json()["code"]) == (403, "grant_ended")
    assert entries(vehicle.owner) == []


@pytest.mark.parametrize("because", ["narrowed", "suspended", "closed", "handed over"])
def test_whatever_ends_meanwhile_ends_the_read(monkeypatch, because):
    reading, vehicle = make_reading()

    def meanwhile(*, reach):
        if because == "narrowed":
            app_grants.narrow_grant(
                owner=vehicle.owner, grant_id=reach.grant.pk, vehicles=[vehicle], scopes=["battery"], now=timezone.now()
            )
        elif because == "suspended":
            registration.set_suspended(app=reading.app, suspended=True, operator=make_user(), now=timezone.now())
        elif because == "closed":
            registration.close_app(developer=reading.app.developer, app_id=reading.app.pk, now=timezone.now())
        else:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE vehicles_vehicle SET owner_id = %s, owner_epoch = 2, owned_since = now() WHERE id = %s",
                    [make_user().pk, vehicle.pk],
                )
        return []

    monkeypatch.setattr("vehicles.app_trips.told_scopes", meanwhile)
    answer = reading.get(f"/api/v1/vehicles/{vehicle.public_id}/trips/")
    assert (answer.status_code, answer.json()["code"]) == (403, "grant_ended")


def test_revoking_works_at_once_and_a_later_yes_does_not_wake_old_tokens():
    reading, vehicle = make_reading()
    page = signed_in(vehicle.owner)
    assert reading.get("/api/v1/vehicles/").status_code == 200
    page.post(f"/apps/{AppGrant.objects.get().pk}/revoke/")
    refused = reading.get("/api/v1/vehicles/")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_refused")
    authorized(vehicle.owner, reading.app, [vehicle])
    assert reading.get("/api/v1/vehicles/").status_code == 401


def test_a_suspended_app_is_refused_and_reads_again_when_it_is_resumed():
    reading, _ = make_reading()
    operator = make_user()
    for suspended, status in ((True, 403), (False, 200)):
        registration.set_suspended(app=reading.app, suspended=suspended, operator=operator, now=timezone.now())
        assert reading.get("/api/v1/vehicles/").status_code == status


CHANGES = [
    "UPDATE dimo_accessentry SET reader_name = 'nobody'",
    "DELETE FROM dimo_accessentry",
    "TRUNCATE dimo_accessentry",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_cannot_change_the_log(change):
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)


@pytest.mark.parametrize("change", CHANGES)
def test_not_even_a_superuser_changes_the_log_by_accident(superuser, change):
    reading, _ = make_reading()
    reading.get("/api/v1/vehicles/")
    with pytest.raises(errors.RestrictViolation):
        superuser.execute(change)


GRANT_CHANGES = [
    ("UPDATE vehicles_appgrant SET scopes = '{location:precise}'", errors.RestrictViolation),
    ("UPDATE vehicles_appgrant SET expires_at = expires_at + interval '1 day'", errors.RestrictViolation),
    ("DELETE FROM vehicles_appgrant", errors.InsufficientPrivilege),
    ("UPDATE vehicles_appgrantvehicle SET owner_epoch = 2", errors.InsufficientPrivilege),
]


@pytest.mark.parametrize(("change", "error"), GRANT_CHANGES)
def test_a_grant_only_ends(change, error):
    make_reading()
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert isinstance(refusal.value.__cause__, error)


def test_an_ended_grant_does_not_stand_up_again():
    _, vehicle = make_reading()
    app_grants.revoke_grant(owner=vehicle.owner, grant_id=AppGrant.objects.get().pk, now=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        AppGrant.objects.update(revoked_at=None, ended_because="")


def test_a_person_is_erased_with_their_log_and_nobody_elses():
    (first, one), (second, two) = make_reading(), make_reading()
    for reading in (first, second):
        reading.get("/api/v1/vehicles/")
    assert reads.forget(person=one.owner) == 1
    assert (entries(one.owner), len(entries(two.owner))) == ([], 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT erase_app_grants(%s)", [one.owner_id])
    assert AppGrant.objects.get().owner == two.owner


@pytest.fixture
def desk(settings):
    settings.STAFF_MFA_REQUIRED = False
    operator = make_user(is_staff=True, name="Ines Operator")
    operator.groups.add(Group.objects.get(name=operators.NAME))
    return signed_in(operator)


def test_an_operator_who_looks_at_a_vehicle_is_in_its_owners_log(desk):
    vehicle = make_vehicle()
    make_source(vehicle)
    assert desk.get(f"/admin/vehicles/vehicle/{vehicle.pk}/change/").status_code == 200
    assert desk.get("/admin/vehicles/vehicle/").status_code == 200
    seen = entries(vehicle.owner)
    assert [(e.reader, e.reader_name, e.what, e.vehicle_id) for e in seen] == [
        ("operator", "Ines Operator", "page", vehicle.pk)
    ] * 2


def test_an_operators_page_that_cannot_be_logged_is_not_shown(desk, superuser):
    vehicle = make_vehicle(model="Hidden Model")
    superuser.execute("REVOKE INSERT ON dimo_accessentry FROM dimo_app")
    try:
        page = desk.get("/admin/vehicles/vehicle/")
        assert page.status_code == 503
        assert "Hidden Model" not in page.content.decode()
    finally:
        superuser.execute("GRANT INSERT ON dimo_accessentry TO dimo_app")
    assert entries(vehicle.owner) == []


def test_the_diary_filters_counts_and_exports_for_its_owner_alone():
    reading, vehicle = make_reading()
    AppGrant.objects.get()
    for _ in range(3):
        reading.get("/api/v1/vehicles/")
    by_name = AccessEntry(
        at=timezone.now() - timedelta(days=60), owner=vehicle.owner, vehicle_id=vehicle.pk, reader="operator",
        reader_id="x", reader_name="=cmd()", what="page", scopes=[], under="role",
    )  # fmt: skip
    by_name.save()
    mine, stranger = signed_in(vehicle.owner), signed_in(make_user())
    page = mine.get("/access-log/").content.decode()
    assert "Charge Planner" in page
    assert "=cmd()" in page
    assert "=cmd()" not in mine.get("/access-log/", {"reader": "app"}).content.decode()
    assert "=cmd()" not in mine.get("/access-log/", {"days": "30"}).content.decode()
    assert "Charge Planner" not in stranger.get("/access-log/").content.decode()
    assert stranger.get("/access-log/", {"vehicle": str(vehicle.public_id)}).status_code == 404
    assert mine.get("/access-log/", {"by": "x"}).status_code == 404
    lines = list(csv.DictReader(io.StringIO(mine.get("/access-log.csv").content.decode())))
    assert [line["reader_name"] for line in lines] == ["Charge Planner"] * 3 + ["'=cmd()"]
    assert len(list(csv.DictReader(io.StringIO(stranger.get("/access-log.csv").content.decode())))) == 0
    told = mine.get("/api/v1/access-log/").json()["results"]
    assert [row["vehicle"] for row in told] == [str(vehicle.public_id)] * 4
    assert stranger.get("/api/v1/access-log/").json()["results"] == []
    assert Client().get("/access-log/").status_code == 302


def test_a_new_owner_does_not_read_who_read_before():
    reading, vehicle = make_reading()
    reading.get("/api/v1/vehicles/")
    seller, buyer = vehicle.owner, make_user()
    registry.transfer_vehicle(vehicle=vehicle, buyer=buyer, now=timezone.now())
    assert (len(entries(seller)), entries(buyer)) == (1, [])
