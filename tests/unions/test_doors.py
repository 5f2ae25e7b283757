"""Who finds which door closed: anonymous people, other drivers, other unions' stewards, and programs without scope."""

import json
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dimo.api.keys import issue_key
from tests.unions.factories import DAY, member, union, user, vehicle
from unions import roles
from unions.matrix import matrix_of
from unions.models import ConsentEvent, Seat

pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    return member(union(now=timezone.now() - DAY, admission="open"), now=timezone.now() - DAY)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def doors(row) -> list[tuple[str, str, dict[str, str]]]:
    """Every door with somebody's id in it: method, address, form."""
    cell = {
        "vehicle": str(row.vehicle.public_id),
        "union": row.union.slug,
        "signal_class": "battery",
        "level": "exact",
    }
    raised = {"vehicle": cell["vehicle"], "change": f"{row.union.slug}/battery/exact"}
    slug = row.union.slug
    return [
        ("get", reverse("consent-matrix") + f"?vehicle={row.vehicle.public_id}", {}),
        ("get", reverse("consent") + f"?vehicle={row.vehicle.public_id}", {}),
        ("post", reverse("consent-set"), cell),
        ("post", reverse("consent-undo"), cell),
        ("post", reverse("consent-raise"), raised),
        ("post", reverse("union-join", args=[slug]), {"vehicle": cell["vehicle"]}),
        ("get", reverse("union-leave", args=[slug, row.vehicle.public_id]), {}),
        ("post", reverse("union-leave", args=[slug, row.vehicle.public_id]), {}),
        ("get", reverse("union-policy", args=[slug]), {}),
        ("post", reverse("union-policy", args=[slug]), {"action": "publish"}),
        ("get", reverse("union-members", args=[slug]), {}),
        ("post", reverse("union-decide", args=[slug, row.pk]), {"action": "refuse"}),
    ]


def test_a_neighbor_finds_nothing_behind_any_door(row):
    neighbors = [
        vehicle().owner,
        member(row.union, now=timezone.now()).member,
        union(now=timezone.now() - DAY).seats.get().user,
    ]
    for person in neighbors:
        client = signed_in(person)
        for method, address, form in doors(row):
            answer = getattr(client, method)(address, form)
            assert answer.status_code == 404, (person, method, address)
    assert not ConsentEvent.objects.exists()


def test_anonymous_people_are_led_to_the_sign_in(row):
    for method, address, form in doors(row):
        answer = getattr(Client(), method)(address, form)
        assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("account_login")), address


def test_an_auditor_may_not_edit_the_policy(row):
    auditor = user()
    roles.give_seat(union=row.union, user=auditor, role=Seat.Role.AUDITOR, actor=auditor, now=timezone.now())
    assert signed_in(auditor).get(reverse("union-policy", args=[row.union.slug])).status_code == 404


def test_a_draft_is_seen_by_its_own_stewards_alone():
    draft = union(opened=False)
    address = reverse("union", args=[draft.slug])
    assert signed_in(draft.seats.get().user).get(address).status_code == 200
    assert [Client().get(address).status_code, signed_in(user()).get(address).status_code] == [404, 404]
    assert signed_in(user()).get(reverse("union-join", args=[draft.slug])).status_code == 404
    assert Client().get(reverse("api-union", args=[draft.slug])).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"vehicle": "not-an-id"}, 404),
        ({"level": "loud"}, 422),
        ({"signal_class": "weather"}, 422),
        ({"union": ""}, 404),
    ],
)
def test_a_malformed_change_is_refused(row, change, status):
    cell = {"vehicle": str(row.vehicle.public_id), "union": row.union.slug, "signal_class": "battery", "level": "exact"}
    assert signed_in(row.member).post(reverse("consent-set"), {**cell, **change}).status_code == status


def api(person, scopes=("driver",)) -> Client:
    _key, secret = issue_key(user=person, label="test", scopes=list(scopes))
    return Client(headers={"Authorization": f"Bearer {secret}"})


def post(client: Client, body: dict[str, object], key: str | None = None):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(reverse("api-consents"), json.dumps(body), content_type="application/json", headers=headers)


def test_an_owner_reads_and_sets_consent_by_program(row):
    client = api(row.member)
    body = {
        "union": row.union.slug,
        "vehicle": str(row.vehicle.public_id),
        "signal_class": "battery",
        "level": "exact",
    }
    first = post(client, body, "one")
    assert (first.status_code, first.json()["level"]) == (200, "exact")
    again = post(client, body, "one")
    assert (again.status_code, again.content) == (200, first.content)
    assert ConsentEvent.objects.count() == 1
    assert post(client, {**body, "level": "off"}, "one").status_code == 422
    listed = client.get(reverse("api-consents")).json()
    assert [entry["level"] for entry in listed if entry["signal_class"] == "battery"] == ["exact"]


def test_programs_without_key_scope_or_vehicle_are_refused(row):
    body = {
        "union": row.union.slug,
        "vehicle": str(row.vehicle.public_id),
        "signal_class": "battery",
        "level": "exact",
    }
    assert post(api(row.member), body).status_code == 400
    assert post(api(row.member, ["buyer"]), body, "a").status_code == 403
    assert post(api(user()), body, "b").status_code == 404
    assert post(api(row.member), {**body, "vehicle": str(uuid4())}, "c").status_code == 404
    assert post(api(row.member), {**body, "level": "loud"}, "d").status_code in (400, 422)
    assert Client().get(reverse("api-consents")).status_code == 401
    assert api(row.member).get(reverse("api-consents") + "?vehicle=1").status_code in (400, 422)
    assert api(user()).get(reverse("api-consents") + f"?vehicle={row.vehicle.public_id}").status_code == 404
    shown = matrix_of(member=row.member, now=timezone.now())
    assert {cell.level for line in shown.rows for cell in line.cells} == {"off"}


def test_anybody_reads_open_unions_with_policy_and_prices(row):
    union(opened=False)
    listed = Client().get(reverse("api-unions")).json()["results"]
    assert [entry["slug"] for entry in listed] == [row.union.slug]
    detail = Client().get(reverse("api-union", args=[row.union.slug])).json()
    assert detail["policy"]["rules"]["k"] == 5
    assert detail["terms"]["prices"] == {"battery": {"aggregate": "400000", "pseudonymous_rows": "2600000"}}
