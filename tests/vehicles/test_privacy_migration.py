"""The migration of zones and retention can be taken back and made again; its guards come and go with it."""

import pytest
from django.apps import apps
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from dimo.runtime.postgres import OWNER

pytestmark = pytest.mark.django_db(transaction=True)
MADE = """
SELECT (SELECT count(*) FROM pg_proc WHERE proname IN
    ('forget_signals', 'vehicles_zone_is_its_owners', 'vehicles_removal_rises')),
  (SELECT count(*) FROM pg_class WHERE relname IN
    ('vehicles_privacyzone', 'vehicles_exactwish', 'vehicles_exactremoval'))
"""


def name_of(part: str) -> str:
    """The migration's name, whatever its number is."""
    loader = MigrationExecutor(connections["default"]).loader
    return next(name for app, name in loader.disk_migrations if app == "vehicles" and name.endswith(part))


def test_it_goes_back_and_forth(transactional_db):
    """As the tables' owner, in one transaction, so that other tests keep their tables whatever happens."""
    connection = connections["default"]
    app = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = OWNER
    try:
        executor = MigrationExecutor(connection)
        migration = executor.loader.get_migration("vehicles", name_of("_privacy"))
        state = executor.loader.project_state(("vehicles", migration.name), at_end=False)
        with connection.schema_editor(atomic=True) as editor:
            migration.unapply(state.clone(), editor)
            with connection.cursor() as cursor:
                cursor.execute(MADE)
                assert cursor.fetchone() == (0, 0)
            migration.apply(state.clone(), editor)
            with connection.cursor() as cursor:
                cursor.execute(MADE)
                assert cursor.fetchone() == (3, 3)
    finally:
        connection.close()
        connection.settings_dict["USER"] = app
    assert apps.get_model("vehicles", "PrivacyZone").objects.count() == 0
