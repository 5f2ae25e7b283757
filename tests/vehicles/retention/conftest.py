"""Sealed days of a test are open again for the next."""

from tests.vehicles.store.conftest import folder

__all__ = ["folder"]
