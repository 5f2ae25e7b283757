"""Erasing what a person let others read: apps, their tokens, the log of reads, zones, and figures of many."""

from datetime import timedelta

import pytest

from dimo.audit.models import AccessEntry
from dimo.oauth.models import App, AppSession
from tests.unions import factories as unions
from tests.vehicles.apps import world as apps
from tests.vehicles.erasure import world as leaving
from tests.vehicles.erasure.test_vehicle import erase, handed_over
from tests.vehicles.factories import make_user, make_vehicle
from vehicles.battery import leaving as battery
from vehicles.battery import sharing
from vehicles.charging import selectors as charging
from vehicles.energy_prices import prices_of
from vehicles.erasure import asking, running
from vehicles.models import (
    AppGrant,
    AppGrantVehicle,
    ExactRemoval,
    ExactWish,
    KeptRejection,
    ParkedStretch,
    PeerMedian,
    PrivacyZone,
)
from vehicles.rejections import reading as refusals

pytestmark = pytest.mark.django_db(transaction=True)
NOW, WEEK = leaving.NOW, timedelta(days=7)
OF_PEOPLE = (AppGrant, AppSession, ExactWish, PrivacyZone, AccessEntry)


def of(model, person) -> int:
    """How many rows of a table are this person's."""
    return model.objects.filter(**{"user" if model is AppSession else "owner": person}).count()


def test_with_an_account_go_its_words_to_apps_their_tokens_its_zones_and_its_log_and_nobody_elses():
    source, other = leaving.full_vehicle(), leaving.full_vehicle()
    person, stays = source.vehicle.owner, other.vehicle.owner
    assert all(of(model, person) for model in OF_PEOPLE)
    asked = asking.erase_account(person=person, now=NOW)
    assert not AppGrant.objects.filter(owner=person, revoked_at=None).exists()
    assert not AppSession.objects.filter(user=person, ended_at=None).exists()
    done = running.run_erasure(erasure_id=asked.pk, now=NOW + WEEK)
    assert [model for model in OF_PEOPLE if of(model, person)] == []
    assert [model for model in OF_PEOPLE if not of(model, stays)] == []
    assert {model.objects.count() for model in (KeptRejection, ExactRemoval, ParkedStretch, AppGrantVehicle)} == {1}
    counted = ("vehicles_appgrant", "vehicles_parkedstretch", "vehicles_exactremoval", "vehicles_keptrejection")
    assert [done.counts[name] for name in (*counted, "dimo_accessentry", "dimo_appsession")] == [1] * 6


def test_an_erased_vehicle_leaves_its_owner_the_log_and_zones_of_all_vehicles():
    source = leaving.full_vehicle()
    person = source.vehicle.owner
    erase(source.vehicle)
    assert [zone.label for zone in PrivacyZone.objects.filter(owner=person)] == ["Island"]
    assert (of(AccessEntry, person), of(ExactWish, person), AppGrantVehicle.objects.count()) == (1, 1, 0)


def test_a_sellers_erasure_leaves_what_was_refused_parked_and_removed_in_the_buyers_time():
    vehicle, seller, _, later = handed_over()
    epoch = {"vehicle": vehicle, "owner_epoch": vehicle.owner_epoch}
    ParkedStretch.objects.create(**epoch, since=NOW, until=NOW + WEEK, before_pct=80, after_pct=79)
    ExactRemoval.objects.create(source=later, owner_epoch=2, until=NOW)
    kept = KeptRejection.objects.get()
    KeptRejection.objects.create(
        **epoch, device=kept.device, received_at=NOW, day=kept.day, slot=2, code=kept.code, sealed=kept.sealed
    )
    erase(vehicle, owner=seller)
    assert {model.objects.get().owner_epoch for model in (ParkedStretch, ExactRemoval, KeptRejection)} == {2}


def test_an_app_is_told_nothing_from_the_moment_of_asking_and_another_vehicle_stays_in_its_reach():
    reader, vehicle = apps.make_reading()
    both = make_vehicle(owner=reader.owner)
    for each in (vehicle, both):
        apps.give_drive(each, lat=50.0 + each.pk)
    reader = apps.authorized(reader.owner, reader.app, [vehicle, both])
    path = f"/api/v1/vehicles/{vehicle.public_id}/signals/latest"
    assert reader.get(path).status_code == 200
    asking.erase_vehicle(owner=reader.owner, vehicle=vehicle, now=NOW)
    assert reader.get(path).status_code == 404
    assert reader.get(f"/api/v1/vehicles/{both.public_id}/signals/latest").status_code == 200
    asking.erase_account(person=reader.owner, now=NOW)
    assert reader.get(f"/api/v1/vehicles/{both.public_id}/signals/latest").status_code == 401


def test_apps_of_an_erased_developer_go_and_one_that_others_let_in_is_closed_without_its_publisher():
    developer = make_user()
    unused, _ = apps.make_app(developer=developer)
    used, _ = apps.make_app(developer=developer, name="Used")
    vehicle = make_vehicle()
    reader = apps.authorized(vehicle.owner, used, [vehicle])
    asked = asking.erase_account(person=developer, now=NOW)
    running.run_erasure(erasure_id=asked.pk, now=NOW + WEEK)
    assert not App.objects.filter(pk=unused.pk).exists()
    used.refresh_from_db()
    assert (used.works, used.name, used.publisher, bytes(used.secret_sha256 or b"")) == (False, "Used", "", b"")
    assert reader.get("/api/v1/vehicles/").status_code in (401, 403)


def test_a_figure_stands_as_it_was_and_names_the_erased_person_no_more():
    person, other = make_user(), make_user()
    figure = PeerMedian.objects.create(
        make="volvo", model="ex30", band="2-3", simulated=False, median_pct=93, owners=10,
        members=sorted([person.pk, other.pk]), computed_at=NOW,
    )  # fmt: skip
    assert battery.forget_member(owner=person, now=NOW) == 1
    assert battery.forget_member(owner=other, now=NOW) == 1
    figure.refresh_from_db()
    assert (figure.members, figure.median_pct, figure.owners) == ([-2, -1], 93, 10)


def test_whose_members_are_left_is_not_made_anew_by_one_erasure(monkeypatch):
    people = [make_user() for _ in range(11)]
    these = sharing.Like("volvo", "ex30", "2-3", False)
    PeerMedian.objects.create(
        **these._asdict(), median_pct=93, owners=10, members=[one.pk for one in people], computed_at=NOW
    )
    battery.forget_member(owner=people[0], now=NOW)
    left = [sharing.Peer(NOW, one.pk, 50.0) for one in people[1:]]
    monkeypatch.setattr(sharing, "by_likeness", lambda now: {these: left})
    sharing.refresh_medians(now=NOW + timedelta(days=1))
    assert PeerMedian.objects.get().median_pct == 93


def test_in_the_week_before_an_erasure_nothing_is_shown_of_charges_prices_and_refusals():
    source = leaving.full_vehicle()
    vehicle, owner = source.vehicle, source.vehicle.owner

    def shown() -> list[bool]:
        return [
            charging.sessions_of(owner=owner).exists(),
            bool(charging.epochs_of(owner=owner, vehicle=vehicle)),
            prices_of(owner=owner, vehicle=vehicle).exists(),
            refusals.kept_of(vehicle=vehicle, owner=owner, now=NOW).exists(),
        ]

    assert shown() == [True] * 4
    asking.erase_account(person=owner, now=NOW)
    assert shown() == [False] * 4


def test_in_that_week_no_door_of_unions_licenses_or_rewards_finds_the_vehicle(monkeypatch):
    row = unions.member(now=NOW)
    person, car, joined = row.member, row.vehicle.public_id, unions.union()
    client = apps.signed_in(person)
    cell = {"union": row.union.slug, "vehicle": str(car), "signal_class": "battery", "level": "exact"}

    def doors() -> list[int]:
        once = {"Idempotency-Key": make_user().email}
        return [
            client.get(f"/parts/buyers-view.geojson?vehicle={car}").status_code,
            client.get(f"/parts/sales/?vehicle={car}").status_code,
            client.post("/consent/set/", cell).status_code,
            client.post("/api/v1/consents/", cell, "application/json", headers=once).status_code,
            client.post(f"/unions/{joined.slug}/join/", {"vehicle": str(car)}).status_code,
        ]

    assert [status for status in doors() if status >= 400] == []
    joined.memberships.all().delete()
    monkeypatch.setattr(asking, "topmost_first", list)  # no room ends anything: the doors hold by themselves
    asking.erase_account(person=person, now=NOW)
    assert [status for status in doors() if status < 400] == []


def test_a_seller_finds_charging_and_the_battery_of_their_own_time_from_the_vehicles_page():
    vehicle, seller, _, _ = handed_over()
    client = apps.signed_in(seller)
    page = client.get(f"/vehicles/{vehicle.public_id}/").content.decode()
    for name in ("charging", "battery"):
        path = f"/vehicles/{vehicle.public_id}/{name}/"
        assert f'href="{path}"' in page
        assert client.get(path).status_code == 200
