"""Sign-in, settings, keys, passkeys, the API's reference and the operators' site, as a browser sees them."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from eth_account import Account
from eth_account.messages import encode_defunct
from playwright.sync_api import expect

from dimo.api import keys
from dimo.users import operators
from dimo.users.models import User
from dimo.wallets.models import Wallet
from tests.browser.visits import Visit

Open = Callable[..., Visit]
PASSWORD = "a long enough passphrase"
both_themes = pytest.mark.parametrize("theme", ["light", "dark"])
both_widths = pytest.mark.parametrize("width", [1440, 390])


@pytest.fixture
def person(transactional_db: None) -> User:
    user = User.objects.create_user("ada@example.org", PASSWORD, name="Ada King")
    Wallet.objects.create(user=user, address="0x" + "aB" * 20)
    old, _ = keys.issue_key(user=user, label="Old notebook", scopes=["buyer", "driver"])
    keys.revoke_key(user=user, key_id=old.pk)
    keys.issue_key(user=user, label="Notebook", scopes=["buyer"])
    return user


def sign_in(seen: Visit) -> None:
    seen.page.get_by_label("Email").fill("ada@example.org")
    seen.page.get_by_label("Password").fill(PASSWORD)
    seen.page.get_by_role("button", name="Sign in", exact=True).click()


@both_themes
@both_widths
@pytest.mark.parametrize("name", ["account_signup", "account_reset_password", "problem-codes"])
def test_pages_for_visitors(visit: Open, transactional_db: None, name: str, theme: str, width: int) -> None:
    visit(reverse(name), theme=theme, width=width).settled().check(name)


@both_themes
@both_widths
@pytest.mark.parametrize("name", ["settings", "api-keys", "mfa_index", "account_email", "usersessions_list"])
def test_pages_for_members(visit: Open, person: User, name: str, theme: str, width: int) -> None:
    visit(reverse(name), user=person, theme=theme, width=width).settled().check(name)


def test_a_wrong_password_is_said_accessibly(visit: Open, person: User) -> None:
    seen = visit(reverse("account_login"))
    seen.page.get_by_label("Email").fill("ada@example.org")
    seen.page.get_by_label("Password").fill("wrong")
    seen.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(seen.page.get_by_text("not correct")).to_be_visible()
    seen.check("sign-in-refused")


def test_a_key_is_made_shown_once_and_revoked(visit: Open, person: User) -> None:
    seen = visit(reverse("api-keys"), user=person)
    seen.page.get_by_label("Label").fill("Laptop")
    seen.page.get_by_label("License and download data").check()
    seen.page.get_by_role("button", name="Make the key").click()
    expect(seen.page.get_by_text(re.compile("^du_live_[0-9a-f]{12}_[A-Za-z0-9]{43}$"))).to_be_visible()
    seen.check("api-key-made")
    seen.page.get_by_role("button", name="Revoke Laptop").click()
    expect(seen.page.get_by_text("Revoked: Laptop.")).to_be_visible()
    assert person.api_keys.get(label="Laptop").revoked_at is not None


def test_a_passkey_is_added_and_signs_in_without_a_password(visit: Open, person: User) -> None:
    seen = visit(f"{reverse('account_login')}?next={reverse('mfa_add_webauthn')}")
    device = seen.context.new_cdp_session(seen.page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    sign_in(seen)
    seen.page.get_by_label("Password").fill(PASSWORD)
    seen.page.get_by_role("button", name="Confirm").click()
    seen.check("passkey-add")
    if (passwordless := seen.page.get_by_label("Passwordless")).is_visible():
        passwordless.check()
    seen.page.get_by_role("button", name="Add").click()
    expect(seen.page.get_by_text("Recovery Codes", exact=False).first).to_be_visible()
    seen.page.goto(seen.origin + reverse("settings"))
    seen.page.get_by_role("button", name="Sign out").click()
    seen.page.goto(f"{seen.origin}{reverse('account_login')}?next={reverse('settings')}")
    seen.page.get_by_role("button", name="Use a passkey").click()
    expect(seen.page.get_by_role("heading", name="Settings")).to_be_visible()


def give_wallet(seen: Visit, key: str) -> str:
    """A wallet as browsers announce them (EIP-6963), whose key signs in Python."""
    account = Account.from_key(key)

    def sign(message: str) -> str:
        return Account.sign_message(encode_defunct(hexstr=message), key).signature.to_0x_hex()

    seen.page.expose_function("signs", sign)
    seen.page.add_init_script(f"""
        const provider = {{ request: async ({{ method, params }}) => ({{
            eth_requestAccounts: () => ["{account.address}"],
            eth_chainId: () => "0x1",
            personal_sign: () => signs(params[0]),
        }})[method]() }};
        const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider",
            {{ detail: {{ info: {{ uuid: "1", name: "Pocket", rdns: "test" }}, provider }} }}));
        addEventListener("eip6963:requestProvider", announce);
    """)
    return str(account.address)


def test_a_wallet_is_linked_signs_in_and_is_unlinked(visit: Open, person: User) -> None:
    seen = visit(reverse("settings"), user=person)
    address = give_wallet(seen, "0x" + "11" * 32)
    seen.page.reload()
    seen.page.get_by_role("button", name="Link Pocket").click()
    row = seen.page.get_by_role("row").filter(has_text=f"{address[:6]}…{address[-4:]}")
    expect(row).to_be_visible()
    seen.page.get_by_role("button", name="Sign out").click()
    seen.page.goto(f"{seen.origin}{reverse('account_login')}?next={reverse('settings')}")
    seen.page.get_by_role("button", name="Sign in with Pocket").click()
    expect(seen.page.get_by_role("heading", name="Settings")).to_be_visible()
    row.get_by_role("button", name="Unlink").click()
    expect(seen.page.get_by_text("The wallet is unlinked.")).to_be_visible()
    assert not Wallet.objects.filter(address=address).exists()


def test_the_api_reference_works_offline_under_its_policy(visit: Open, transactional_db: None) -> None:
    seen = visit(reverse("api-docs"))
    expect(seen.page.get_by_role("heading", name=re.compile("Commons API"))).to_be_visible()
    seen.page.get_by_role("button", name="Authorize").click()
    expect(seen.page.get_by_text("apiKey", exact=False).first).to_be_visible()
    seen.picture("api-docs")


@both_themes
def test_the_operators_site_opens(visit: Open, transactional_db: None, theme: str) -> None:
    operator = User.objects.create_user("ops@example.org", PASSWORD, is_staff=True)
    operator.groups.add(Group.objects.get(name=operators.NAME))
    seen = visit(reverse("admin:index"), user=operator, theme=theme)
    expect(seen.page.get_by_role("heading", name="Something is late")).to_be_visible()
    seen.picture("operations")
    seen.page.get_by_role("link", name="Users").first.click()
    expect(seen.page.get_by_role("link", name="ops@example.org").first).to_be_visible()
    seen.picture("operations-users")
