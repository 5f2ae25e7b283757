"""The owner's page and API of verdicts: complete, cheap, and not there for anybody else."""

from datetime import timedelta

import pytest
from django.urls import reverse

from dimo.api.keys import issue_key
from tests.vehicles.factories import make_user
from tests.vehicles.movement.drives import NOW, WEEK, device_source, drive, told
from vehicles.movement import judging

pytestmark = pytest.mark.django_db
PAGES = ("movement", "api-movement")


def judged():
    source = device_source()
    drive(source, told(driver=1))
    judging.judge_week(week=WEEK, now=NOW)
    judging.judge_week(week=WEEK - timedelta(weeks=1), now=NOW)
    return source


def test_the_page_says_each_week_in_words(client):
    source = judged()
    client.force_login(source.vehicle.owner)
    page = client.get(reverse("movement", args=[source.vehicle.public_id])).content.decode()
    assert "Proved, earns" in page
    assert "Not proved" in page
    assert "Nothing was received in this week." in page


def test_the_api_gives_codes_words_and_drives(client):
    source = judged()
    client.force_login(source.vehicle.owner)
    newer, older = client.get(reverse("api-movement", args=[source.vehicle.public_id])).json()["results"]
    assert (newer["week"], newer["earns"], len(newer["drives"])) == ("2026-W41", True, 1)
    assert (older["proved"], older["reasons"][0]["code"]) == (False, "no_readings")
    assert older["reasons"][0]["said"]


def test_a_vehicle_without_verdicts_says_what_a_week_needs(client):
    source = device_source()
    client.force_login(source.vehicle.owner)
    assert b"A week needs 5 km" in client.get(reverse("movement", args=[source.vehicle.public_id])).content


@pytest.mark.parametrize("name", PAGES)
def test_a_neighbors_verdicts_are_not_there(client, name):
    source = judged()
    client.force_login(make_user())
    assert client.get(reverse(name, args=[source.vehicle.public_id])).status_code == 404


def test_an_api_key_needs_the_drivers_scope(client):
    source = judged()
    _, secret = issue_key(user=source.vehicle.owner, label="key", scopes=["buyer"])
    answer = client.get(
        reverse("api-movement", args=[source.vehicle.public_id]), headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_pages_ask_the_same_for_many_weeks(client, name, django_assert_max_num_queries):
    source = judged()
    for back in range(2, 8):
        judging.judge_week(week=WEEK - timedelta(weeks=back), now=NOW)
    client.force_login(source.vehicle.owner)
    with django_assert_max_num_queries(10):
        assert client.get(reverse(name, args=[source.vehicle.public_id])).status_code == 200
