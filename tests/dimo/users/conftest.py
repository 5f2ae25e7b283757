import pytest
from django.test import Client

from dimo.users.models import User

PASSWORD = "correct horse battery"


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada@example.org", PASSWORD, name="Ada King")


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client
