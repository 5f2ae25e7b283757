"""Every table that knows a person or a vehicle is emptied of them, or says why it is not."""

import pytest
from django.db import connection

from vehicles.erasure import steps

pytestmark = pytest.mark.django_db
NAMES = (
    "vehicle_id",
    "user_id",
    "owner_id",
    "member_id",
    "person_id",
    "source_id",
    "device_id",
    "actor_id",
    "subject_id",
)
COLUMNS = """
SELECT DISTINCT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND a.attname = ANY(%s) AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
KEYS = """
SELECT f.conrelid::regclass::text, f.confrelid::regclass::text FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid WHERE f.contype = 'f' AND NOT c.relispartition
"""
BY_NAME = {"axes_accessattempt", "axes_accessfailurelog", "axes_accesslog", "django_session", "ledger_account"}


def declared() -> tuple[set[str], dict[str, str]]:
    rooms = steps.topmost_first()
    return {name for room in rooms for name in room.erased}, {
        name: why for room in rooms for name, why in (room.kept | room.kept_of_account).items()
    }


def knowing() -> set[str]:
    """Tables with a column of a person's, vehicle's, source's or device's number, or a key to a table that has one."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [list(NAMES)])
        found = {name for (name,) in cursor.fetchall()}
        cursor.execute(KEYS)
        keys = cursor.fetchall()
    erased, _ = declared()
    reached = {"dimo_user", "vehicles_vehicle"}
    while more := {own for own, to in keys if to in reached | erased} - reached:
        reached |= more & erased
        found |= more
        if not more & erased:
            break
    return found | {"dimo_user", "vehicles_vehicle"} | BY_NAME


def test_every_table_that_knows_a_person_or_a_vehicle_is_erased_or_kept_with_a_reason():
    erased, kept = declared()
    assert knowing() - erased - set(kept) == set()
    assert erased & set(kept) == set()
    assert all(len(why) > 20 for why in kept.values())


def test_no_table_is_declared_that_is_not_there():
    erased, kept = declared()
    with connection.cursor() as cursor:
        known = set(connection.introspection.table_names(cursor))
    assert (erased | set(kept)) - known == set()


def test_rooms_run_topmost_first():
    assert [room.name for room in steps.topmost_first()] == ["rewards", "licensing", "unions", "vehicles", "dimo"]
