"""A car gone quiet puts its streak at risk: when that falls, and where its owner is told."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from tests.vehicles.factories import make_user, make_vehicle
from tests.vehicles.movement.drives import device_source
from vehicles import contact, registry, tasks, words
from vehicles.models import Device, MovementVerdict, Source, Trip
from vehicles.movement import selectors
from vehicles.movement.streaks import Outlook, Streak, monday_of, outlook_of

WEEK, THIS = timedelta(weeks=1), date(2026, 11, 23)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("streak", "weeks_left", "falls_to"),
    [
        (Streak(2, 0, 0), 3, 0),
        (Streak(2, 2, 0), 1, 0),
        (Streak(4, 1, 1), 2, 0),
        (Streak(25, 0, 2), 3, 4),
        (Streak(40, 2, 3), 1, 21),
        (Streak(21, 3, 2), 3, 4),  # just fallen: three more
    ],
)
def test_a_streak_falls_with_the_third_missed_week_in_a_row(streak, weeks_left, falls_to):
    told = outlook_of(streak, this=THIS, driven=False)
    assert told == Outlook(streak.weeks, falls_to, MONDAY + weeks_left * WEEK, at_risk=True)


def test_a_week_that_is_driven_already_gives_three_more():
    told = outlook_of(Streak(4, 2, 1), this=THIS, driven=True)
    assert told == Outlook(5, 0, MONDAY + 4 * WEEK, at_risk=False)
    assert outlook_of(Streak(0, 2, 0), this=THIS, driven=False) is None


def test_weeks_turn_on_monday_in_utc_wherever_the_driver_lives():
    assert monday_of(MONDAY - MOMENT) == THIS - WEEK
    assert monday_of(MONDAY) == THIS
    assert monday_of(datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Pacific/Auckland"))) == THIS - WEEK
    assert monday_of(datetime(2026, 11, 22, 17, tzinfo=ZoneInfo("America/Los_Angeles"))) == THIS


def test_the_day_is_told_by_the_clock_of_its_reader():
    told = Outlook(25, 4, MONDAY, at_risk=True)
    assert "falls to 4 on Sun, Nov 22, 16:00" in words.streak(told, ZoneInfo("America/Los_Angeles"))
    assert "falls to 4 on Mon, Nov 23, 13:00" in words.streak(told, ZoneInfo("Pacific/Auckland"))
    assert "streak of 1 week is at risk: it ends on Mon, Nov 23, 00:00" in words.streak(
        Outlook(1, 0, MONDAY, at_risk=True), ZoneInfo("UTC")
    )
    assert words.streak(told._replace(at_risk=False)) == ""
    assert words.streak(None) == ""


def verdicts(vehicle, *earns: bool, last: date, revision: int = 1, epoch: int | None = None, **fields):
    """Consecutive weeks, the last of which is `last`."""
    MovementVerdict.objects.bulk_create(
        MovementVerdict(
            vehicle=vehicle,
            owner_epoch=epoch or vehicle.owner_epoch,
            revision=revision,
            week=last - WEEK * (len(earns) - 1 - number),
            proved=earned,
            earns=earned,
            kind="hardware",
            km=9.0,
            gps_km=9.0,
            trips=1,
            days=1,
            signed_share=1.0,
            witnesses=2,
            **fields,
        )
        for number, earned in enumerate(earns)
    )


def drove(source: Source, at: datetime, km: float = 6.0, **fields):
    owned = {"owner_epoch": source.vehicle.owner_epoch, **fields}
    ended = at + timedelta(minutes=10)
    Trip.objects.create(
        vehicle=source.vehicle, source=source, started_at=at, ended_at=ended, distance_km=km, readings=9, **owned
    )


def outlook(vehicle, now=MONDAY + timedelta(days=2)):
    return selectors.outlooks(vehicles=[vehicle], now=now).get(vehicle.pk)


@pytest.mark.django_db
def test_the_date_moves_on_at_the_turn_of_the_week():
    source = device_source()
    verdicts(source.vehicle, True, True, False, last=THIS - 2 * WEEK)  # of the week before this nothing is judged yet
    assert outlook(source.vehicle, MONDAY - MOMENT).falls_at == MONDAY + WEEK
    assert outlook(source.vehicle, MONDAY).falls_at == MONDAY + WEEK
    assert outlook(source.vehicle, MONDAY + WEEK) is None  # three were missed: it ended


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "falls_at"),
    [
        (MONDAY - MOMENT, MONDAY + 3 * WEEK),
        (MONDAY, MONDAY + 4 * WEEK),
        (MONDAY - WEEK - MOMENT, MONDAY + 2 * WEEK),  # of a week that was judged, which its drives do not change
    ],
)
def test_drives_keep_the_week_in_which_they_begin(at, falls_at):
    source = device_source()
    verdicts(source.vehicle, True, True, last=THIS - 2 * WEEK)
    drove(source, at)
    assert outlook(source.vehicle).falls_at == falls_at
    assert outlook(source.vehicle).at_risk == (at < MONDAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields", [{"km": 4.99}, {"deleted_at": MONDAY}, {"owner_epoch": 7}, {"grade": Source.Grade.DATA}]
)
def test_drives_that_cannot_prove_anything_keep_nothing(fields):
    source = device_source(grade=fields.pop("grade", Source.Grade.ENVELOPE))
    verdicts(source.vehicle, True, last=THIS - WEEK)
    drove(source, MONDAY + timedelta(hours=1), **fields)
    assert outlook(source.vehicle).at_risk is True


@pytest.mark.django_db
def test_only_the_newest_revision_and_the_present_owner_count():
    source = device_source()
    verdicts(source.vehicle, True, True, last=THIS - WEEK)
    verdicts(source.vehicle, False, False, last=THIS - WEEK, revision=2)
    assert outlook(source.vehicle) is None
    verdicts(source.vehicle, True, last=THIS - WEEK, epoch=source.vehicle.owner_epoch + 1)
    assert outlook(source.vehicle) is None


def quiet(days: int = 4, grade=Source.Grade.ENVELOPE):
    """A car with three weeks of proved movement, last heard some days ago."""
    source = device_source(grade=grade)
    Device.objects.filter(pk=source.device_id).update(last_seen_at=timezone.now() - timedelta(days=days))
    verdicts(source.vehicle, True, True, True, last=monday_of(timezone.now()) - WEEK)
    return source


@pytest.mark.django_db
def test_the_owner_is_told_on_pages_in_the_letter_and_by_the_api(client):
    source = quiet()
    owner = source.vehicle.owner
    contact.set_mail(owner=owner, by_mail=True)
    tasks.watch_contacts()
    client.force_login(owner)
    for name, args in (("vehicle", [source.vehicle.public_id]), ("vehicles", []), ("vehicle-card", [])):
        assert "streak of 3 weeks is at risk" in client.get(reverse(name, args=args)).content.decode()
    assert "streak of 3 weeks is at risk" in mail.outbox[0].body
    told = client.get(reverse("api-connection", args=[source.vehicle.public_id])).json()
    falls_at = datetime.combine(monday_of(timezone.now()) + 3 * WEEK, datetime.min.time(), UTC)
    assert (told["state"], told["cause"], told["paired"]) == ("quiet", "unknown", True)
    assert datetime.fromisoformat(told["streak"].pop("falls_at")) == falls_at
    assert "at risk" in told["streak"].pop("said")
    assert told["streak"] == {"weeks": 3, "at_risk": True, "falls_to": 0}


@pytest.mark.django_db
def test_a_car_that_is_heard_risks_nothing(client):
    source = quiet(days=0)
    client.force_login(source.vehicle.owner)
    assert "at risk" not in client.get(reverse("vehicle", args=[source.vehicle.public_id])).content.decode()
    told = client.get(reverse("api-connection", args=[source.vehicle.public_id])).json()
    assert (told["state"], told["cause"], told["streak"]) == ("lively", None, None)


@pytest.mark.django_db
def test_the_connection_is_told_to_the_owner_alone(client):
    source = quiet()
    client.force_login(make_user())
    address = reverse("api-connection", args=[source.vehicle.public_id])
    assert client.get(address).status_code == 404
    seller, buyer = source.vehicle.owner, make_user()
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=timezone.now())
    client.force_login(seller)
    assert client.get(address).status_code == 404
    client.force_login(buyer)
    assert client.get(address).json()["streak"] is None


@pytest.mark.django_db
def test_streaks_cost_two_queries_for_many_quiet_cars(django_assert_num_queries):
    vehicles = [quiet().vehicle for _ in range(4)]
    with django_assert_num_queries(5):
        health = contact.health_of(vehicles=vehicles, now=timezone.now())
    assert {each.streak.weeks for each in health.values()} == {3}
    assert contact.health_of(vehicles=[make_vehicle()], now=timezone.now())
