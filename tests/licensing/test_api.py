"""The buyer API end to end: price, purchase, progress, files; and what it refuses."""

import hashlib
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from dimo.audit.models import AuditEvent
from licensing.datasets.build import build_dataset
from licensing.models import License, Quote
from licensing.organizations import issue_organization_key
from tests.licensing import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


class Caller:
    """A program with an organization's key."""

    def __init__(self, organization) -> None:
        self.organization = organization
        _, key = issue_organization_key(organization=organization, user=make.person(organization), label="test")
        self.client = Client(headers={"Authorization": f"Bearer {key}"})

    def get(self, path, **headers):
        return self.client.get(f"/api/v1/{path}", headers=headers)

    def post(self, path, body, **headers):
        return self.client.post(f"/api/v1/{path}", json.dumps(body), "application/json", headers=headers)

    def buy(self, quote_id, key=None):
        return self.post("licenses/", {"quote": quote_id}, **{"Idempotency-Key": key or str(uuid4())})


@pytest.fixture
def offer():
    union = make.union()
    make.fleet(union, 6)
    return make.offer(union)


@pytest.fixture
def caller():
    return Caller(make.buyer())


def body(of, **fields):
    return {
        "offer": str(of.pk),
        "from": make.PERIOD[0].isoformat(),
        "to": make.PERIOD[1].isoformat(),
        "signals": [make.SOC, make.SPEED],
        "tier": "pseudonymous_rows",
        "purpose": "research_np",
        **fields,
    }


def test_a_buyer_goes_from_offer_to_file(offer, caller):
    listed = caller.get("offers/").json()["results"]
    assert [one["id"] for one in listed] == [str(offer.pk)]
    assert listed[0]["price_from"] == "200000"
    quote = caller.post("quotes/", body(offer)).json()
    assert quote["price"] == str(int(quote["unit_price"]) * quote["vehicles"])
    assert {"id", "price", "asset", "vehicles", "rows_estimate", "expires_at"} <= quote.keys()
    bought = caller.buy(quote["id"])
    assert bought.status_code == 201
    assert bought.json()["state"] == "funded"
    path = f"licenses/{bought.json()['id']}/"
    assert caller.get(f"{path}manifest/").json()["code"] == "license_not_delivered"
    build_dataset(license_id=bought.json()["id"])
    seen = caller.get(path).json()
    assert seen["state"] == "delivered"
    assert [one["id"] for one in caller.get("licenses/").json()["results"]] == [seen["id"]]
    manifest = caller.get(f"{path}manifest/").json()
    file = caller.get(f"{path}files/{manifest['files'][0]['name']}")
    assert hashlib.sha256(file.getvalue()).hexdigest() == manifest["files"][0]["sha256"] == seen["files"][0]["sha256"]


def test_a_download_goes_on_where_it_stopped_and_is_written_down(offer, caller):
    license = make.license(offer.union, caller.organization)
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)
    path = f"licenses/{license.pk}/files/rows.parquet"
    whole = caller.get(path).getvalue()
    part = caller.get(path, Range="bytes=100-")
    assert part.status_code == 206
    assert part["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert part.getvalue() == whole[100:]
    assert caller.get(path, Range="bytes=-7").getvalue() == whole[-7:]
    assert caller.get(path, Range=f"bytes={len(whole)}-").status_code == 416
    assert AuditEvent.objects.filter(action="license.downloaded", object_id=str(license.pk)).count() == 4


@pytest.mark.parametrize("name", ["../../secret", "..%2Fmanifest.json", "other.parquet"])
def test_only_files_that_the_manifest_names_are_served(offer, caller, name):
    license = make.license(offer.union, caller.organization)
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)
    assert caller.get(f"licenses/{license.pk}/files/{name}").status_code == 404
    assert caller.get(f"licenses/{license.pk}/files/manifest.json").status_code == 200


def test_buying_needs_an_idempotency_key_and_one_key_buys_once(offer, caller):
    quote = caller.post("quotes/", body(offer)).json()
    refused = caller.post("licenses/", {"quote": quote["id"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_required")
    first, again = caller.buy(quote["id"], "k1"), caller.buy(quote["id"], "k1")
    assert first.content == again.content
    assert License.objects.count() == 1
    other = caller.post("quotes/", body(offer)).json()
    assert caller.buy(other["id"], "k1").json()["code"] == "idempotency_key_reused"
    assert caller.buy(quote["id"], "k2").json()["code"] == "quote_already_bought"


def test_an_expired_quote_and_an_empty_purse_are_refused_by_name(offer):
    poor = Caller(make.buyer(balance=1))
    quote = poor.post("quotes/", body(offer)).json()
    assert poor.buy(quote["id"]).status_code == 402
    assert poor.buy(quote["id"]).json()["code"] == "insufficient_balance"
    old = make.quote(offer, poor.organization, now=timezone.now() - timedelta(minutes=15))
    assert poor.buy(str(old.pk)).json()["code"] == "quote_expired"
    assert not License.objects.exists()


def test_an_unverified_buyer_may_look_but_not_buy(offer):
    new = Caller(make.buyer(verified=False, balance=0))
    assert new.get(f"offers/{offer.pk}/").status_code == 200
    refused = new.post("quotes/", body(offer))
    assert (refused.status_code, refused.json()["code"]) == (403, "organization_not_verified")


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"from": make.PERIOD[1].isoformat()}, 400, "period_invalid", "to"),
        ({"to": "2999-01-01T00:00:00Z"}, 400, "period_invalid", "to"),
        ({"from": "yesterday"}, 400, "invalid", "from"),
        ({"signals": ["obdRunTime"]}, 400, "not_in_offer", "signals"),
        ({"signals": []}, 400, "invalid", "signals"),
        ({"tier": "identified"}, 400, "not_in_offer", "tier"),
        ({"purpose": "marketing"}, 400, "not_in_offer", "purpose"),
        ({"tier": "aggregate", "signals": [make.CELL]}, 409, "location_not_in_statistics", "signals"),
        ({"offer": str(uuid4())}, 404, "offer_not_found", "offer"),
        ({"offer": "no-id"}, 400, "invalid", "offer"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong_with_it(offer, caller, change, status, code, field):
    refused = caller.post("quotes/", body(offer, **change))
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert field in [error["field"] for error in refused.json()["errors"]]
    assert not Quote.objects.exists()


def test_a_neighbor_sees_nothing_of_another_buyers(offer, caller):
    license = make.license(offer.union, caller.organization)
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)
    neighbor = Caller(make.buyer())
    for path in ("", "manifest/", "files/rows.parquet"):
        assert caller.get(f"licenses/{license.pk}/{path}").status_code == 200
        assert neighbor.get(f"licenses/{license.pk}/{path}").status_code == 404
        assert Client().get(f"/api/v1/licenses/{license.pk}/{path}").status_code == 401
    quote = make.quote(offer, caller.organization, now=timezone.now())
    assert neighbor.buy(str(quote.pk)).status_code == 404
    assert neighbor.get("licenses/").json()["results"] == []
    assert not AuditEvent.objects.filter(action="license.downloaded", actor=make.person(neighbor.organization)).exists()


def test_a_balance_tells_what_is_free_and_what_is_held(offer, caller):
    license = make.license(offer.union, caller.organization)
    (row,) = caller.get("balance/").json()
    assert row == {"asset": "EURC", "available": str(10_000 * make.EURO - license.price), "held": str(license.price)}


def test_a_seat_taken_away_stops_the_key(offer, caller):
    caller.organization.seats.all().delete()
    assert caller.get("licenses/").json()["code"] == "no_organization"
