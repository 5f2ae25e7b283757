"""Every test: migrated once by the tables' owner, run as the application's role, and left as found."""

from collections.abc import Iterator

import hypothesis
import psycopg
import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

from dimo import tenancy
from dimo.api import throttles
from dimo.runtime.postgres import OWNER
from tests.services import Services

NONEMPTY = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'django_migrations'
"""


def pytest_configure(config: pytest.Config) -> None:
    """Cheap passwords, static files without a manifest, properties without a clock: nothing a rule depends on."""
    tenancy.work_for_the_platform()  # what a test says itself; requests are somebody's
    hypothesis.settings.register_profile("commons", deadline=None, print_blob=True)
    hypothesis.settings.load_profile("commons")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="session")
def django_db_setup(services: Services, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Migrate as the owner, remember what the migrations wrote, then go on as the application's role."""
    connection = connections["default"]
    with django_db_blocker.unblock():
        app = connection.settings_dict["USER"]
        connection.close()
        connection.settings_dict["USER"] = OWNER
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            connection.close()
            connection.settings_dict["USER"] = app
    with services.postgres.connect() as superuser:
        keep_reference_rows(superuser)
    TransactionTestCase._fixture_teardown = lambda case: reset(services)  # type: ignore[method-assign]
    yield
    with django_db_blocker.unblock():
        connections.close_all()


def tables_with_rows(superuser: psycopg.Connection) -> list[str]:
    names = [name for (name,) in superuser.execute(NONEMPTY)]
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(sql.Literal(name), sql.Identifier(name))
        for name in names
    )
    return [name for (name,) in superuser.execute(asked)]


def keep_reference_rows(superuser: psycopg.Connection) -> None:
    """Copy what migrations wrote (content types, permissions, reference tables) into a schema of its own."""
    superuser.execute("CREATE SCHEMA pristine")
    for name in tables_with_rows(superuser):
        superuser.execute(sql.SQL("CREATE TABLE pristine.{0} AS TABLE public.{0}").format(sql.Identifier(name)))


def reset(services: Services) -> None:
    """After a test that commits: empty every table and put the migrations' rows back.

    In replica mode a superuser's session fires no trigger: append-only tables can be emptied here and nowhere else.
    """
    connections.close_all()
    with services.postgres.connect() as superuser, superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        superuser.execute("SET LOCAL lock_timeout = '10s'")
        for name in tables_with_rows(superuser):
            superuser.execute(sql.SQL("DELETE FROM public.{}").format(sql.Identifier(name)))
        for (name,) in superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'pristine'").fetchall():
            superuser.execute(sql.SQL("INSERT INTO public.{0} TABLE pristine.{0}").format(sql.Identifier(name)))


@pytest.fixture(autouse=True)
def _fresh_cache(services: Services) -> Iterator[None]:
    """No throttle counter, cached answer or queued message outlives its test."""
    yield
    throttles.permits.forget()
    try:
        cache.clear()
    except redis.ConnectionError:
        services.valkey.start()  # a test stopped it


@pytest.fixture
def superuser(services: Services, transactional_db: None) -> Iterator[psycopg.Connection]:
    """A superuser's connection, to look past the application's privileges (row-level security, triggers)."""
    with services.postgres.connect() as connection:
        yield connection
