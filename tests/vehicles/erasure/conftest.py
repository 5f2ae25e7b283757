"""What these tests seal is open again for the next, as in the store's tests."""

from tests.vehicles.store.conftest import folder  # noqa: F401
