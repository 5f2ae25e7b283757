"""A charge that arrives when its day is sealed already: the same session as if it had come in time."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.vehicles.apps.world import signed_in
from tests.vehicles.charging import charges
from tests.vehicles.factories import make_source
from tests.vehicles.store import world
from vehicles.charging import sessions, tasks
from vehicles.models import ChargingSession, SealedDay
from vehicles.store import late, passes, seal

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
FACTS = ("started_at", "ended_at", "readings", "soc_from", "soc_to", "energy_kwh", "energy_method", "peak_kw", "curve")


def told():
    """A drive, a charge of 80 minutes, and a drive on the day that is sealed."""
    points = charges.drive(0, minutes=10, soc=42.0) + charges.charge(20, minutes=80) + charges.drive(110, soc=72.0)
    return charges.messages([point._replace(at=point.at - charges.START + world.START) for point in points])


def in_time():
    """What becomes of it where it comes before the day is sealed."""
    source = make_source()
    world.store(source, told())
    return facts_of(cut(source))


def cut(source):
    """As the sweep does: what is noted at the source."""
    source.refresh_from_db()
    assert source.uncharged_until is not None
    while type(source).objects.filter(pk=source.pk, uncharged_until__isnull=False).exists():
        tasks.cut_source_sessions(source_id=source.pk)
    return list(source.charging_sessions.order_by("started_at"))


def facts_of(found):
    """As they are stored."""
    return list(
        ChargingSession.objects.filter(pk__in=[session.pk for session in found])
        .order_by("started_at")
        .values_list(*FACTS)
    )


def sealed(source, *, dropped):
    world.store(source, world.messages(world.START - 2 * HOUR, count=3))
    seal.seal_day(day=world.DAY, now=world.NOW)
    if dropped:
        passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    assert SealedDay.objects.get().state == ("dropped" if dropped else "sealed")
    assert cut(source) == []


@pytest.mark.parametrize("dropped", [False, True])
def test_a_charge_that_comes_for_a_sealed_day_is_a_session_at_once_and_stays_one_when_it_moves(dropped):
    expected, source = in_time(), make_source()
    sealed(source, dropped=dropped)
    world.store(source, told())
    [session] = cut(source)
    assert facts_of([session]) == expected
    assert session.energy_kwh == 16.0
    page = signed_in(source.vehicle.owner)
    [row] = page.get(reverse("api-charges", args=[source.vehicle.public_id])).json()["results"]
    assert row["id"] == str(session.public_id)
    assert late.seal_late(day=world.DAY).rows > 0
    again = sessions.cut_sessions(
        vehicle=source.vehicle, source=source, since=world.START, until=world.START + 3 * HOUR
    )
    assert (again, facts_of(again)) == ([session], expected)
    assert Client().get(reverse("api-charges", args=[source.vehicle.public_id])).status_code in {401, 403}


@pytest.mark.parametrize("first", ["its begin", "its end", "every other reading"])
def test_a_charge_of_which_a_part_is_sealed_becomes_whole_and_keeps_its_owners_word(first):
    expected, source, messages = in_time(), make_source(), told()
    middle = next(n for n, message in enumerate(messages) if message.ts >= world.START + HOUR)  # of the charge
    parts = {
        "its begin": (messages[:middle], messages[middle:]),
        "its end": (messages[middle:], messages[:middle]),
        "every other reading": (messages[::2], messages[1::2]),
    }
    early, rest = parts[first]
    world.store(source, early)
    [session] = cut(source)
    assert facts_of([session]) != expected
    ChargingSession.objects.filter(pk=session.pk).update(said_place="home")
    seal.seal_day(day=world.DAY, now=world.NOW)
    passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    world.store(source, rest)
    [whole] = cut(source)
    assert facts_of([whole]) == expected
    assert (whole.pk, whole.said_place) == (session.pk, "home")
    late.seal_late(day=world.DAY)
    assert (
        facts_of(
            sessions.cut_sessions(
                vehicle=source.vehicle, source=source, since=world.START, until=world.START + 3 * HOUR
            )
        )
        == expected
    )


def test_the_same_charge_twice_for_a_sealed_day_counts_once():
    source = make_source()
    sealed(source, dropped=True)
    world.store(source, told())
    [session] = cut(source)
    late.seal_late(day=world.DAY)
    world.store(source, told())
    source.refresh_from_db()
    for _ in range(3):
        tasks.cut_source_sessions(source_id=source.pk)
    assert [each.pk for each in source.charging_sessions.all()] == [session.pk]
    assert world.twice(world.everything([source])) == []
