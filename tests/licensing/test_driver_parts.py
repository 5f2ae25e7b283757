"""What drivers see of buyers: who got rows of theirs, and which areas a buyer could get."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from licensing import outlook, selectors
from licensing.datasets.build import build_dataset
from licensing.licenses import note_download
from tests.licensing import factories as make
from tests.unions import factories as unions
from unions.consent import grant

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def delivered(union, **fields):
    license = make.license(union, **fields)
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)
    license.refresh_from_db()
    return license


def test_a_driver_sees_each_delivery_and_download_that_held_rows_of_theirs():
    union = make.union()
    mine = make.fleet(union, 6)[0]
    license = delivered(union)
    note_download(license=license, user=license.bought_by, name="rows.parquet", now=make.NOW + timedelta(hours=1))
    seen = selectors.who_looked(member=mine.member, now=make.NOW + make.DAY)
    assert [event["action"] for event in seen] == ["license.downloaded", "license.delivered"]
    assert {event["license"] for event in seen} == {license}
    assert selectors.who_looked(member=unions.user(), now=make.NOW + make.DAY) == []
    assert selectors.who_looked(member=mine.member, now=make.NOW + 9 * make.DAY) == []


def test_only_licenses_with_positions_of_a_willing_driver_count_as_exact():
    union = make.union()
    mine = make.fleet(union, 6)[0]
    shy = make.member(union, levels={"battery": "exact", "location": "coarse"})
    exact = delivered(union, signals=(make.SOC, make.LATITUDE, make.LONGITUDE))
    plain = delivered(union)
    assert outlook.had_exact_positions(license=exact, member=mine.member)
    assert not outlook.had_exact_positions(license=exact, member=shy.member)
    assert not outlook.had_exact_positions(license=plain, member=mine.member)


def test_the_part_and_the_log_name_the_buyer():
    union = make.union()
    mine = make.fleet(union, 6)[0]
    license = delivered(union)
    note_download(license=license, user=license.bought_by, name="rows.parquet", now=timezone.now())
    client = signed_in(mine.member)
    part = client.get(reverse("who-looked"), headers={"HX-Request": "true"}).content.decode()
    assert license.organization.name in part
    assert "None got exact positions" in part
    assert license.organization.name in client.get(reverse("access-log")).content.decode()
    stranger = signed_in(unions.user())
    assert license.organization.name not in stranger.get(reverse("access-log")).content.decode()


def view(row, now=make.NOW) -> list[dict]:
    return outlook.buyers_view(vehicle=row.vehicle, owner=row.member, now=now)["features"]


def test_areas_are_withheld_until_the_driver_allows_them():
    union = make.union()
    closed = make.member(union, levels={"battery": "exact"})
    open_ = make.member(union)
    hidden, shown = view(closed), view(open_)
    assert {feature["properties"]["withheld"] for feature in hidden} == {True}
    assert {feature["properties"]["withheld"] for feature in shown} == {False}
    assert sum(feature["properties"]["passes"] for feature in shown) >= 2
    assert all(len(feature["geometry"]["coordinates"][0]) in (6, 7) for feature in shown)


def test_an_area_younger_than_a_day_is_withheld():
    union = make.union()
    row = make.member(union, messages=make.drive(make.NOW - timedelta(hours=2), count=10))
    assert {feature["properties"]["withheld"] for feature in view(row)} == {True}
    assert {feature["properties"]["withheld"] for feature in view(row, make.NOW + 2 * make.DAY)} == {False}


def test_a_grant_to_one_named_buyer_is_shown_too():
    union = make.union()
    row = make.member(union, levels={})
    grant(
        membership=row,
        actor=row.member,
        signal_class="location.coarse",
        tier_max="pseudonymous_rows",
        precision="coarse",
        purpose="research_np",
        buyer=unions.another_buyer(),
        include_history=True,
        notice=unions.shown(),
        now=make.NOW - make.DAY,
    )
    assert {feature["properties"]["withheld"] for feature in view(row)} == {False}


def test_the_map_of_a_strangers_vehicle_is_not_there():
    row = make.member(make.union())
    mine = signed_in(row.member).get(reverse("buyers-view-geojson"), {"vehicle": str(row.vehicle.public_id)})
    assert mine.status_code == 200
    assert json.loads(mine.content)["type"] == "FeatureCollection"
    stranger = signed_in(unions.user())
    for asked in (str(row.vehicle.public_id), "x", "00000000-0000-0000-0000-000000000000"):
        assert stranger.get(reverse("buyers-view-geojson"), {"vehicle": asked}).status_code == 404
    assert Client().get(reverse("buyers-view-geojson")).status_code == 302


def test_an_operator_verifies_and_records_a_payment_in_the_admin(settings):
    settings.STAFF_MFA_REQUIRED = False
    buyer = make.buyer(verified=False, balance=0)
    client = signed_in(make.operator())
    listed = reverse("admin:licensing_organization_changelist")
    assert buyer.name in client.get(listed).content.decode()
    client.post(listed, {"action": "verify", "_selected_action": [str(buyer.pk)]})
    buyer.refresh_from_db()
    assert buyer.verified_at is not None
    change = reverse("admin:licensing_organization_change", args=[buyer.pk])
    assert client.get(change).status_code == 200
    paid = client.post(f"{change[: -len('change/')]}record-payment/", {"amount": "12.34", "reference": "T-9"})
    assert paid.status_code == 302
    assert selectors.balances(organization=buyer) == {"EURC": 12_340_000}
    assert signed_in(unions.user(is_staff=True)).get(listed).status_code == 403
