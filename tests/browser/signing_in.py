"""Signing in by the form, as people do."""

from playwright.sync_api import Page

from dimo.users.models import User

PASSWORD = "a long enough passphrase"


def account(email: str, name: str, **fields: bool) -> User:
    return User.objects.create_user(email, PASSWORD, name=name, **fields)


def sign_in(page: Page, user: User) -> None:
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
