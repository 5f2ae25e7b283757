"""Acts are written down once and for good, and the person concerned can read them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import errors

from dimo.audit import selectors
from dimo.audit.models import AuditEvent
from dimo.audit.trail import record
from dimo.runtime.postgres import OWNER
from dimo.users.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def people():
    return [User.objects.create_user(f"{name}@example.org") for name in ("driver", "buyer", "neighbor")]


def look(buyer, driver, at=NOW, **more):
    return record(
        actor=buyer,
        action="license.downloaded",
        object_kind="license",
        object_id="7",
        subject=driver,
        now=at,
        actor_label="Aalto Grid Lab",
        detail={"rows": 12},
        **more,
    )


def test_an_act_is_written_with_all_it_concerns(people):
    driver, buyer, _ = people
    union = uuid4()
    act = AuditEvent.objects.get(pk=look(buyer, driver, union_id=union).pk)
    assert (act.at, act.actor, act.subject, act.union_id) == (NOW, buyer, driver, union)
    assert (act.action, act.object_kind, act.object_id) == ("license.downloaded", "license", "7")
    assert (act.actor_label, act.detail) == ("Aalto Grid Lab", {"rows": 12})


CHANGES = [
    "UPDATE dimo_auditevent SET action = 'nothing'",
    "DELETE FROM dimo_auditevent",
    "TRUNCATE dimo_auditevent",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_cannot_change_the_trail(people, change):
    look(people[1], people[0])
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_of_the_table_cannot_change_the_trail(people, services, change):
    look(people[1], people[0])
    with services.postgres.connect(OWNER) as owner, pytest.raises(errors.RestrictViolation):
        owner.execute(change)
    assert AuditEvent.objects.filter(action="license.downloaded").count() == 1


def test_a_driver_reads_who_looked_and_nobody_elses(people):
    driver, buyer, neighbor = people
    acts = [look(buyer, driver, NOW + timedelta(hours=n)) for n in range(3)]
    look(buyer, neighbor)
    look(driver, driver)
    assert list(selectors.acts_about(subject=driver)) == acts[::-1]
    assert list(selectors.acts_about(subject=driver, since=acts[1].at)) == [acts[2], acts[1]]


def test_an_act_without_a_person_is_read_too(people):
    act = look(None, people[0])
    assert list(selectors.acts_about(subject=people[0])) == [act]


def test_a_list_continues_where_it_stopped_even_at_one_instant(people):
    driver, buyer, _ = people
    for _ in range(5):
        look(buyer, driver)
    everything = list(selectors.acts_about(subject=driver))
    first = everything[:2]
    assert first + list(selectors.acts_about(subject=driver, before=first[-1])) == everything


def test_the_acts_on_a_thing_are_listed(people):
    act = look(people[1], people[0])
    assert list(selectors.acts_on(object_kind="license", object_id="7")) == [act]
    assert not selectors.acts_on(object_kind="license", object_id="8").exists()
