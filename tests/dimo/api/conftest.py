import pytest
from rest_framework.test import APIClient

from dimo.api import keys
from dimo.users.models import User


@pytest.fixture(autouse=True)
def _own_site(settings) -> None:
    settings.ROOT_URLCONF = "tests.dimo.api.site"


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada@example.org", "correct horse battery")


@pytest.fixture
def api(user: User) -> APIClient:
    """A program with a buyer's key. A fault comes back as the 500 that it would be."""
    _, text = keys.issue_key(user=user, label="tests", scopes=["buyer"])
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client
