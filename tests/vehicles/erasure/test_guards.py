"""One worker at a time erases or exports what is a person's, and what was certified stays as it was said."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from psycopg import errors

from tests.vehicles.erasure import world as leaving
from tests.vehicles.factories import make_user
from vehicles import imports
from vehicles.erasure import asking, running, tasks
from vehicles.exports import building
from vehicles.models import DataExport, Erasure, ErasureCertificate, Trip

pytestmark = pytest.mark.django_db(transaction=True)
NOW = leaving.NOW
HELD = "SELECT pg_advisory_lock(%s, %s)"
FREE = "SELECT pg_try_advisory_lock(%s, %s), pg_advisory_unlock(%s, %s)"


@pytest.mark.parametrize("by", ["another erasure", "an import"])
def test_an_erasure_waits_for_whoever_works_on_the_persons_data(superuser, by):
    source = leaving.full_vehicle()
    person = source.vehicle.owner
    asked = asking.erase_vehicle(owner=person, vehicle=source.vehicle, now=NOW)
    lock, error = {
        "another erasure": (running.LOCK, running.ErasureBusy),
        "an import": (imports.LOCK, imports.ImportBusy),
    }[by]
    superuser.execute(HELD, [lock, person.pk])
    with pytest.raises(error):
        running.run_erasure(erasure_id=asked.pk, now=NOW)
    tasks.run_erasure(erasure_id=str(asked.pk))  # the sweep asks again
    asked.refresh_from_db()
    assert (asked.state, asked.step, asked.counts, Trip.objects.count()) == ("due", "", {}, 2)
    superuser.execute("SELECT pg_advisory_unlock_all()")
    assert running.run_erasure(erasure_id=asked.pk, now=NOW).state == "done"


class Died(Exception):
    pass


@pytest.mark.parametrize("dies", [False, True])
def test_an_erasure_holds_its_person_from_the_first_step_to_the_last_and_no_longer(superuser, dies):
    source = leaving.full_vehicle()
    person, other = source.vehicle.owner, make_user()
    asked = asking.erase_vehicle(owner=person, vehicle=source.vehicle, now=NOW)
    heard = []

    def reached(step):
        tries = [superuser.execute("SELECT pg_try_advisory_lock(%s, %s)", [running.LOCK, who.pk]).fetchone()[0]
                 for who in (person, other)]  # fmt: skip
        superuser.execute("SELECT pg_advisory_unlock_all()")
        heard.append((step, *tries))
        if dies and step == "trips":
            raise Died

    if dies:
        with pytest.raises(Died):
            running.run_erasure(erasure_id=asked.pk, now=NOW, reached=reached)
    else:
        running.run_erasure(erasure_id=asked.pk, now=NOW, reached=reached)
    assert heard == [(step, False, True) for step in running.STEPS][: 3 if dies else None]
    key = [running.LOCK, person.pk]
    assert superuser.execute(FREE, key * 2).fetchone() == (True, True)
    assert running.run_erasure(erasure_id=asked.pk, now=NOW).state == "done"


def test_an_export_is_made_by_one_worker_at_a_time(superuser):
    owner = make_user()
    asked = building.start_export(owner=owner, now=NOW)
    superuser.execute(HELD, [building.LOCK, owner.pk])
    with pytest.raises(building.ExportBusy):
        building.build_export(export_id=asked.pk, now=NOW)
    assert DataExport.objects.get().attempts == 0
    superuser.execute("SELECT pg_advisory_unlock_all()")
    seen = []

    def reached(step):
        seen.append(superuser.execute("SELECT pg_try_advisory_lock(%s, %s)", [building.LOCK, owner.pk]).fetchone()[0])

    assert building.build_export(export_id=asked.pk, now=NOW, reached=reached).state == "ready"
    assert set(seen) == {False}
    assert superuser.execute(FREE, [building.LOCK, owner.pk] * 2).fetchone() == (True, True)


@pytest.mark.parametrize("change", ["UPDATE {} SET document = ''", "DELETE FROM {}", "TRUNCATE {}"])
def test_not_even_a_superuser_changes_a_certificate_by_accident(superuser, change):
    person = make_user()
    asked = Erasure.objects.create(person=person, scope="vehicle", state="due", asked_at=NOW, due_at=NOW)
    ErasureCertificate.objects.create(erasure=asked, document="{}", issued_at=NOW)
    with pytest.raises(errors.RestrictViolation):
        superuser.execute(change.format("vehicles_erasurecertificate"))
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        ErasureCertificate.objects.update(document="")
    assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)


STATES = ("waiting", "due", "done", "canceled")
FORWARD = {("waiting", "due"), ("waiting", "canceled"), ("due", "done")}


@pytest.mark.parametrize("before", STATES)
def test_an_erasure_moves_forward_alone(before):
    for after in STATES:
        ended = {"done_at": NOW} if before == "done" else {}
        row = Erasure.objects.create(
            person=make_user(), scope="account", state=before, asked_at=NOW, due_at=timezone.now(), **ended
        )
        change = {"state": after, "done_at": NOW if after == "done" else None}
        if before == after or (before, after) in FORWARD:
            assert Erasure.objects.filter(pk=row.pk).update(**change) == 1
            continue
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            Erasure.objects.filter(pk=row.pk).update(**change)
        assert refusal.value.__cause__.diag.constraint_name == "an_erasure_moves_forward"
