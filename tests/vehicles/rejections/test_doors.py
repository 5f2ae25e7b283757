"""The page and the API that tell why something was refused."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.vehicles.devices import make_client, place, post, reading
from tests.vehicles.factories import make_user
from vehicles import ownership_selectors, registry, words
from vehicles.importers import reasons as of_files
from vehicles.models import RejectionCount
from vehicles.rejections import reading as refused
from vehicles.rejections.advice import ADVICE, advice

pytestmark = pytest.mark.django_db
OF_FILES_ALONE = {
    *("blank_row", "no_vehicle_id", "bad_time", "ambiguous_time", "nonexistent_time", "corrupt_date", "wrong_cells"),
    *("not_a_number", "missing", "soc_glitch", "negative_gps_speed", "frozen_gps_speed", "gps_speed_disagrees"),
}


@pytest.fixture
def device(client):
    device = make_client()
    signals = [reading(), reading("<b>bold</b>", "<script>alert(1)</script>"), reading("speed", 900.0, ago=5)]
    signals += [reading(f"more{n}", 1.0) for n in range(6)]
    post(client, [device.signed([*signals, place(0.0, 0.0)])])
    post(client, [device.signed([reading()], type="dimo.fingerprint")])
    return device


def as_owner(client, device, name="rejections"):
    client.force_login(device.vehicle.owner)
    return client.get(reverse(name, args=[device.vehicle.public_id]))


def test_the_page_says_why_what_to_do_and_what_was_sent(client, device):
    text = as_owner(client, device).content.decode()
    for code in ("unknown_signal", "out_of_range", "null_island", "unsupported_type"):
        assert words.refusal(code) in text
        assert advice(code).replace("'", "&#x27;") in text
    assert "and 3 more" in text
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "&quot;type&quot;: &quot;dimo.fingerprint&quot;" in text


def test_the_page_asks_the_database_as_often_for_many_as_for_few(client, device, django_assert_max_num_queries):
    as_owner(client, device)
    with django_assert_max_num_queries(16):
        as_owner(client, device)
    for number in range(2, 7):
        post(client, [device.signed([reading()], type=f"dimo.{number}")])
    with django_assert_max_num_queries(16):
        as_owner(client, device)


def test_an_empty_page_says_so(client):
    assert "Nothing was refused" in as_owner(client, make_client()).content.decode()


def test_what_is_somebody_elses_is_not_there(client, device):
    for name in ("rejections", "api-rejections"):
        client.logout()
        assert client.get(reverse(name, args=[device.vehicle.public_id])).status_code in {302, 401}
        client.force_login(make_user())
        assert client.get(reverse(name, args=[device.vehicle.public_id])).status_code == 404


def test_the_api_lists_what_was_refused_page_by_page(client, device):
    answer = as_owner(client, device, "api-rejections").json()
    newest, first = answer["results"]
    assert (newest["code"], newest["refused"]) == ("unsupported_type", [])
    assert newest["reason"] == words.refusal("unsupported_type")
    assert first["refused"][0] == {
        "at": 1,
        "name": "?b?bold??b?",
        "code": "unknown_signal",
        "reason": words.refusal("unknown_signal"),
    }
    page = client.get(reverse("api-rejections", args=[device.vehicle.public_id]), {"page_size": 1}).json()
    rest = client.get(page["next"]).json()
    assert [page["results"], rest["results"], rest["next"]] == [[newest], [first], None]


def test_a_former_owner_reads_their_time_and_the_new_owner_reads_none_of_it(client, device):
    seller, buyer, now = device.vehicle.owner, make_user(), timezone.now()
    RejectionCount.objects.update(day=(now - timedelta(days=2)).date())
    vehicle = registry.transfer_vehicle(vehicle=device.vehicle, buyer=buyer, now=now)
    for person, codes in ((seller, {"unsupported_type", "unknown_signal"}), (buyer, set())):
        client.force_login(person)
        listed = client.get(reverse("api-rejections", args=[vehicle.public_id])).json()["results"]
        assert {each["code"] for each in listed} == codes
        text = client.get(reverse("rejections", args=[vehicle.public_id])).content.decode()
        assert ("nonsense" in text or words.refusal("null_island") in text) == bool(codes)
        assert ("the time in which the vehicle was yours" in text) == (person == seller)


def test_counts_of_the_day_of_a_sale_are_nobodys(client, device):
    seller, buyer = device.vehicle.owner, make_user()
    vehicle = registry.transfer_vehicle(vehicle=device.vehicle, buyer=buyer, now=timezone.now())
    for person in (seller, buyer):
        known = ownership_selectors.known_to(owner=person).get(pk=vehicle.pk)
        assert refused.counts_of(vehicle=known, owner=person, since=vehicle.registered_at.date()) == []


def test_days_and_reasons_sum_up_the_same_counts():
    day = timezone.now().date()
    counts = [
        {"day": day - timedelta(days=1), "code": "a", "signal": "x", "total": 2},
        {"day": day, "code": "a", "signal": "y", "total": 3},
        {"day": day, "code": "b", "signal": "", "total": 9},
    ]
    assert refused.days(counts) == [(day, 12), (day - timedelta(days=1), 2)]
    assert [(r.code, r.total, r.last, r.names) for r in refused.reasons(counts)] == [
        ("b", 9, day, []),
        ("a", 5, day, ["x", "y"]),
    ]


def test_every_reason_of_a_device_has_an_advice():
    assert {*words.REFUSALS, *of_files.words} - OF_FILES_ALONE == set(ADVICE)
