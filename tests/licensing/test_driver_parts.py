"""What drivers see of buyers: who got rows of theirs, and which areas a buyer could get."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dimo.audit import access_selectors
from dimo.audit.reads import AccessNotLogged
from licensing import access, outlook, selectors
from licensing.datasets.build import build_dataset
from licensing.models import Contribution, Dataset
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


def read_by_buyers(person):
    return list(access_selectors.entries_of(owner=person, reader="buyer"))


def test_a_driver_sees_each_delivery_and_download_that_held_rows_of_theirs():
    union = make.union()
    mine = make.fleet(union, 6)[0]
    license = delivered(union)
    access.log_download(license=license, now=make.NOW + timedelta(hours=1))
    taken, built = read_by_buyers(mine.member)
    assert (taken.what, built.what) == ("download", "dataset")
    assert {entry.under_id for entry in (taken, built)} == {str(license.pk)}
    assert built.rows == Contribution.objects.get(license=license, member=mine.member).rows
    assert (built.reader_name, built.vehicle_id) == (license.organization.name, mine.vehicle_id)
    assert (built.since, built.until) == (license.quote.period_from, license.quote.period_to)
    assert access.log_download(license=license, now=make.NOW + timedelta(hours=2)) == 0
    assert read_by_buyers(unions.user()) == []


def test_a_build_is_logged_for_all_its_vehicles_in_one_statement():
    union = make.union()
    make.fleet(union, 6)
    license = delivered(union)
    with CaptureQueriesContext(connection) as seen:
        assert access.log_download(license=license, now=make.NOW + make.DAY) == 6
    assert sum("INSERT" in query["sql"] for query in seen.captured_queries) == 1


def test_what_is_logged_of_a_position_is_what_its_driver_allowed():
    union = make.union()
    mine = make.fleet(union, 6)[0]
    shy = make.member(union, levels={"battery": "exact", "location": "coarse"})
    delivered(union, signals=(make.SOC, make.LATITUDE, make.LONGITUDE))
    assert "location:precise" in read_by_buyers(mine.member)[0].scopes
    assert "location:precise" not in read_by_buyers(shy.member)[0].scopes


def test_a_build_that_cannot_be_logged_is_not_delivered(superuser):
    superuser.execute("REVOKE INSERT ON dimo_accessentry FROM dimo_app")
    try:
        union = make.union()
        make.fleet(union, 6)
        license = make.license(union)
        with pytest.raises(AccessNotLogged):
            build_dataset(license_id=license.pk, clock=lambda: make.NOW)
    finally:
        superuser.execute("GRANT INSERT ON dimo_accessentry TO dimo_app")
    assert not Dataset.objects.exists()


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
    access.log_download(license=license, now=timezone.now())
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
