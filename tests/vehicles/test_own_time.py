"""Events and fault codes of a car that was sold: the seller keeps their own time, the buyer sees nothing of it."""

import base64
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.vehicles.factories import make_source, make_user
from vehicles import events, ownership_selectors, registry
from vehicles.diagnostics import reading
from vehicles.models import FaultCode, VehicleEvent

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def sold():
    """Events and codes before, over and after a hand-over five days ago."""
    now = timezone.now().replace(microsecond=0)
    source, at = make_source(), now - 5 * DAY
    seller, buyer = source.vehicle.owner, make_user()
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=at)
    told = {"vehicle": vehicle, "source": source}
    for name, ts in (("before", at - DAY), ("last", at - timedelta(seconds=1)), ("first", at), ("after", at + DAY)):
        VehicleEvent.objects.create(name=name, ts=ts, **told)
    for code, opened, seen, cleared in (
        ("P0001", -4, -3, -2),
        ("P0002", -4, 1, 2),
        ("P0003", -3, 1, None),
        ("P0004", 1, 2, 3),
        ("P0005", -4, -1, 1),
    ):
        FaultCode.objects.create(
            code=code, opened_at=at + opened * DAY, last_seen_at=at + seen * DAY,
            cleared_at=None if cleared is None else at + cleared * DAY, **told,
        )  # fmt: skip
    return vehicle, seller, buyer, at


def listed(client, person, name, vehicle):
    client.force_login(person)
    answer = client.get(reverse(name, args=[vehicle.public_id]))
    assert answer.status_code == 200
    return answer.json()["results"]


def test_each_owner_reads_the_events_of_their_own_time(client):
    vehicle, seller, buyer, _ = sold()
    for person, names in ((seller, ["last", "before"]), (buyer, ["after", "first"])):
        assert [row["name"] for row in listed(client, person, "api-events", vehicle)] == names
    client.force_login(make_user())
    assert client.get(reverse("api-events", args=[vehicle.public_id])).status_code == 404
    assert [event.name for event in events.events_of(vehicle=vehicle)] == ["after", "first"]


def test_each_owner_reads_the_codes_of_their_own_time_and_no_moment_of_the_other(client):
    vehicle, seller, buyer, at = sold()
    known = {
        person: {row["code"]: row for row in listed(client, person, "api-fault-codes", vehicle)}
        for person in (seller, buyer)
    }
    assert set(known[seller]) == {"P0001", "P0002", "P0003", "P0005"}
    assert set(known[buyer]) == {"P0002", "P0003", "P0004"}
    for person, mine in ((seller, lambda moment: moment <= at), (buyer, lambda moment: moment >= at)):
        for row in known[person].values():
            times = [row[name] for name in ("opened_at", "last_seen_at", "cleared_at") if row[name]]
            assert all(mine(datetime.fromisoformat(moment)) for moment in times), row
    assert known[seller]["P0001"]["cleared_at"] is not None
    assert known[seller]["P0002"]["cleared_at"] is None
    client.force_login(make_user())
    assert client.get(reverse("api-fault-codes", args=[vehicle.public_id])).status_code == 404


def test_not_even_a_cursor_tells_a_moment_of_the_next_owners_time(client):
    vehicle, seller, _, at = sold()
    client.force_login(seller)
    page = client.get(reverse("api-fault-codes", args=[vehicle.public_id]), {"page_size": 1}).json()
    cursor = base64.b64decode(page["next"].split("cursor=")[1].split("&")[0].replace("%3D", "=")).decode()
    assert str((at + DAY).date()) not in cursor
    seen = set()
    while page:
        seen |= {row["code"] for row in page["results"]}
        page = client.get(page["next"]).json() if page["next"] else None
    assert len(seen) == 4


def test_the_buyers_page_dates_no_code_before_their_time(client):
    vehicle, _, buyer, at = sold()
    known = reading.condition(vehicle=vehicle, now=timezone.now())
    assert [fault.code for fault in known.standing] == ["P0003"]
    assert known.standing[0].began_at == at
    assert {fault.code for fault in known.past} == {"P0002", "P0004"}
    client.force_login(buyer)
    assert client.get(reverse("diagnostics", args=[vehicle.public_id])).status_code == 200


def test_the_sellers_page_of_the_car_tells_what_stood_at_the_hand_over(client):
    vehicle, seller, _, _ = sold()
    client.force_login(seller)
    text = client.get(reverse("vehicle", args=[vehicle.public_id])).content.decode()
    assert text.count("stood at the hand-over") == 3
    assert "P0004" not in text
    again = ownership_selectors.known_to(owner=seller).get()
    assert [event.name for event in events.events_of(vehicle=again)] == ["last", "before"]
