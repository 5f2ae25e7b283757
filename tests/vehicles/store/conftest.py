"""What a test sealed is open again for the next one: partitions that are closed or gone would outlive it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.services import Services
from tests.vehicles.store import world

CLOSED = "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = 'closed'"


@pytest.fixture(autouse=True)
def folder(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A lake of the test's own, and open days after it."""
    monkeypatch.setenv("SEAL_GRACE_MINUTES", "60")
    before, settings.LAKE_URL = settings.LAKE_URL, str(tmp_path / "lake")
    yield tmp_path / "lake"
    settings.LAKE_URL = before
    with services.postgres.connect() as superuser:
        for (name,) in superuser.execute(CLOSED).fetchall():
            superuser.execute(f"DROP TABLE {name}")
    world.forget_partitions()
    shutil.rmtree(tmp_path / "lake", ignore_errors=True)
