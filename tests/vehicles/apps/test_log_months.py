"""The log of reads lies in months: made ahead, guarded each like the whole, and read as one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from psycopg import errors

from dimo.audit import access_selectors, reads
from dimo.audit.models import AccessEntry
from tests.vehicles.apps.test_log import entries
from tests.vehicles.apps.world import signed_in
from tests.vehicles.factories import make_user
from vehicles import tasks

pytestmark = pytest.mark.django_db
PARTS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'dimo_accessentry'::regclass ORDER BY 1"
MONTH = timedelta(days=31)


def parts():
    with connection.cursor() as cursor:
        cursor.execute(PARTS)
        return [name for (name,) in cursor.fetchall()]


def looked(owner, at):
    return reads.record_views(
        by=make_user(), reader=AccessEntry.Reader.OPERATOR, of=[(owner.pk, None)], what="page", now=at
    )


def months_ahead(count):
    """The first days of this month and of so many after it."""
    first = timezone.now().astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [first]
    for _ in range(count):
        found.append((found[-1] + MONTH).replace(day=1))
    return found


def test_there_is_a_month_for_now_and_for_half_a_year_ahead_and_the_sweep_makes_no_other():
    assert parts() == [f"dimo_accessentry_{month:%Y%m}" for month in months_ahead(6)]
    tasks.ensure_partitions()
    assert parts() == [f"dimo_accessentry_{month:%Y%m}" for month in months_ahead(6)]
    assert reads.ensure_ahead(now=timezone.now()) == 0


def test_a_later_sweep_makes_the_months_that_follow_each_guarded_like_the_whole():
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_access_months(current_date, 9)")
        assert cursor.fetchone() == (3,)
        made = parts()[-1]
        assert made == f"dimo_accessentry_{months_ahead(9)[-1]:%Y%m}"
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = 'access_log_stays'", [made]
        )
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT has_table_privilege('dimo_app', %s, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')", [made])
        assert cursor.fetchone() == (False,)
    owner = make_user()
    assert looked(owner, months_ahead(9)[-1] + timedelta(days=3)) == 1
    assert len(entries(owner)) == 1


@pytest.mark.parametrize("asked", ["current_date - 60, 1", "current_date, 40"])
def test_no_month_of_the_past_or_of_a_far_future_is_made(asked):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT ensure_access_months({asked})")


def test_an_entry_lies_in_its_month_and_its_owner_reads_all_months_as_one_newest_first():
    owner, other = make_user(), make_user()
    moments = [*months_ahead(2)[::-1], months_ahead(0)[0] - timedelta(microseconds=1), datetime(2020, 1, 1, tzinfo=UTC)]
    for at in reversed(moments):
        looked(owner, at)
    looked(other, moments[0])
    assert [entry.at for entry in entries(owner)] == moments
    ids = list(AccessEntry.objects.values_list("pk", flat=True))
    assert len(set(ids)) == len(ids) == 6
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM dimo_accessentry WHERE owner_id = %s ORDER BY at", [owner.pk]
        )
        first, second, third = (f"dimo_accessentry_{month:%Y%m}" for month in months_ahead(2))
        # What came before the log was parted lies with the month in which it was.
        assert [name for (name,) in cursor.fetchall()] == [first, first, first, second, third]
    page = signed_in(owner)
    told = page.get("/api/v1/access-log/", {"page_size": 2}).json()
    seen = [row["at"] for row in told["results"]]
    while told["next"]:
        told = page.get(told["next"]).json()
        seen += [row["at"] for row in told["results"]]
    assert [datetime.fromisoformat(at) for at in seen] == moments
    assert reads.forget(person=owner) == 5
    assert (entries(owner), len(entries(other))) == ([], 1)


def test_a_read_of_a_month_that_is_missing_is_not_answered():
    owner = make_user()
    with pytest.raises(reads.AccessNotLogged):
        looked(owner, timezone.now() + 10 * MONTH)
    assert entries(owner) == []


def test_a_period_reads_only_its_own_months():
    owner, months = make_user(), months_ahead(6)
    found = access_selectors.entries_of(owner=owner, since=months[3], until=months[4])
    plan = found.explain()
    assert [month for month in months if f"dimo_accessentry_{month:%Y%m}" in plan] == [months[3]]


@pytest.mark.parametrize(
    "change", ["SELECT * FROM {}", "INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_the_application_reaches_no_month_past_the_whole(change):
    for name in parts():
        with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change.format(name))
        assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)


@pytest.mark.parametrize("change", ["UPDATE {} SET note = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_not_even_a_superuser_changes_a_month_by_accident(superuser, change):
    names = [name for (name,) in superuser.execute(PARTS).fetchall()]
    assert len(names) == 7
    for name in [*names, "dimo_accessentry"]:
        with pytest.raises(errors.RestrictViolation):
            superuser.execute(change.format(name))


@pytest.mark.django_db(transaction=True)
def test_sweeps_that_meet_make_each_month_once(superuser):
    def sweep(_):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT ensure_access_months(current_date, 8)")
                return cursor.fetchone()[0]
        finally:
            connection.close()

    before = set(parts())
    try:
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(sweep, range(4)))
        assert sorted(made) == [0, 0, 0, 2]
        assert len(parts()) == 9
    finally:
        for name in set(parts()) - before:
            superuser.execute(f"DROP TABLE {name}")
