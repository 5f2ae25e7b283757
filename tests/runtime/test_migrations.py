"""Every migration of ours can be taken back and applied again, and leaves what it found."""

from collections.abc import Iterator

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from dimo.runtime.postgres import DATABASE, OWNER
from tests.services import Services

NAME = "taken_back"
OURS = ("rewards", "licensing", "unions", "vehicles", "ledger", "dimo")
SHAPE = """
SELECT 'column', table_name, column_name, concat_ws(' ', data_type, udt_name, is_nullable, is_identity, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, pg_get_function_identity_arguments(oid),
  concat_ws(' ', md5(prosrc), prosecdef, proacl) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'policy', tablename, policyname, concat_ws(' ', cmd, roles, qual, with_check) FROM pg_policies
UNION ALL SELECT 'rights', c.relname, a.grantee::text, string_agg(a.privilege_type, ' ' ORDER BY a.privilege_type)
FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
GROUP BY 2, 3
UNION ALL SELECT 'security', relname, concat_ws(' ', relrowsecurity, relforcerowsecurity), ''
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""
ENTRY = """
INSERT INTO dimo_accessentry (at, owner_id, reader, reader_id, reader_name, what, scopes, under, under_id, note)
SELECT now() - interval '90 days' * n, %s, 'app', 'x', 'App', 'trips', '{}', 'grant', '', ''
FROM generate_series(0, 1) n
"""


@pytest.fixture
def emptied(services: Services, django_db_setup: None, django_db_blocker: object) -> Iterator[psycopg.Connection]:
    """A migrated database of its own, for the tables' owner; a superuser's connection to it."""
    default = connections["default"]
    kept = default.settings_dict["NAME"], default.settings_dict["USER"]
    connections.close_all()
    with services.postgres.connect(database="postgres") as superuser:
        # Whoever still holds the database, such as a thread of an earlier test, would forbid to copy it.
        superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [DATABASE])
        superuser.execute(f"CREATE DATABASE {NAME} TEMPLATE {DATABASE} STRATEGY FILE_COPY")
        superuser.execute(f"ALTER DATABASE {NAME} OWNER TO {OWNER}")
    with services.postgres.connect(database=NAME) as inside, django_db_blocker.unblock():
        default.close()
        default.settings_dict["NAME"], default.settings_dict["USER"] = NAME, OWNER
        try:
            yield inside
        finally:
            default.close()
            default.settings_dict["NAME"], default.settings_dict["USER"] = kept
            ContentType.objects.clear_cache()
    with services.postgres.connect(database="postgres") as superuser:
        superuser.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def migrate(*words: str) -> None:
    ContentType.objects.clear_cache()
    call_command("migrate", *words, verbosity=0, interactive=False)


def shape(inside: psycopg.Connection) -> set[tuple[object, ...]]:
    """What is defined, but for partitions: which of them are there depends on what was stored."""
    parts = {name for (name,) in inside.execute("SELECT relname FROM pg_class WHERE relispartition")}
    return {fact for fact in inside.execute(SHAPE).fetchall() if fact[1] not in parts}


def parted_and_put_together(emptied: psycopg.Connection) -> None:
    """The log of reads keeps its entries and counts on, whichever way its migration goes."""
    [(person,)] = emptied.execute(
        "INSERT INTO dimo_user (password, is_superuser, email, name, timezone, is_staff, is_active, date_joined,"
        " public_id) VALUES ('', false, 'a@example.org', 'A', 'UTC', false, true, now(), gen_random_uuid())"
        " RETURNING id"
    )
    emptied.execute(ENTRY, [person])
    before = emptied.execute("SELECT * FROM dimo_accessentry ORDER BY id").fetchall()
    for name, kind in (("0019", "r"), ("0021", "p")):
        migrate("vehicles", name)
        assert emptied.execute("SELECT relkind FROM pg_class WHERE relname = 'dimo_accessentry'").fetchone() == (kind,)
        assert emptied.execute("SELECT * FROM dimo_accessentry ORDER BY id").fetchall() == before
    emptied.execute(ENTRY, [person])
    assert emptied.execute("SELECT count(DISTINCT id), max(id) FROM dimo_accessentry").fetchone() == (
        4,
        before[1][0] + 2,
    )
    assert emptied.execute("SELECT erase_access_log(%s)", [person]).fetchone() == (4,)


@pytest.mark.slow
def test_every_migration_is_taken_back_and_applied_again_to_the_same_shape(emptied):
    whole = shape(emptied)
    parted_and_put_together(emptied)
    for ground in ("ledger", "dimo"):  # and with them whatever stands on them
        migrate(ground, "zero")
    assert not {key for key in MigrationLoader(connections["default"]).applied_migrations if key[0] in OURS}
    left = {name for kind, name, *_ in shape(emptied) if kind in {"security", "function", "trigger"}}
    assert {
        name
        for name in left
        if not name.startswith(("django_", "account_", "mfa_", "usersessions_", "axes_", "guardian_", "auth_"))
    } == set()
    migrate()
    again = shape(emptied)
    assert sorted(whole - again, key=str) == []
    assert sorted(again - whole, key=str) == []
