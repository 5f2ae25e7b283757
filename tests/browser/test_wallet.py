"""What the wallet module says when a wallet is unknown, refuses, or is missing."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from eth_account import Account
from eth_account.messages import encode_defunct
from playwright.sync_api import Page, expect

from dimo.users.models import User
from dimo.wallets.models import Wallet
from tests.browser.visits import Visit

Open = Callable[..., Visit]
SHY_WALLET = """
const provider = { request: ({ method, params }) => walletRequest(method, params ?? []).then((answer) => {
  if (answer === null) throw Object.assign(new Error("no"), { code: 4001 });
  return answer;
}) };
const info = { uuid: "1", name: "Test Wallet", icon: "data:,", rdns: "org.example" };
const detail = Object.freeze({ info, provider });
const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
addEventListener("eip6963:requestProvider", announce);
"""


def with_wallet(page: Page, account: Any, *, agrees: bool = True) -> None:
    """A wallet in the browser, holding one account."""

    def answer(method: str, params: list[str]) -> object:
        if method == "eth_requestAccounts":
            return [account.address]
        if method == "eth_chainId":
            return "0x1"
        message = encode_defunct(hexstr=params[0])
        return "0x" + account.sign_message(message).signature.hex().removeprefix("0x") if agrees else None

    page.expose_function("walletRequest", answer)
    page.add_init_script(SHY_WALLET)
    page.reload()


def test_a_wallet_that_nobody_linked_signs_nobody_in(visit: Open, driver: User) -> None:
    seen = visit(reverse("account_login"))
    seen.expected_status.update({400, 403, 404, 409})
    with_wallet(seen.page, Account.create())
    seen.page.get_by_role("button", name="Sign in with Test Wallet").click()
    expect(seen.page.get_by_text("No account here is linked to this wallet.")).to_be_visible()


def test_saying_no_in_the_wallet_changes_nothing(visit: Open, driver: User) -> None:
    seen = visit(reverse("settings"), user=driver)
    with_wallet(seen.page, Account.create(), agrees=False)
    seen.page.get_by_role("button", name="Link Test Wallet").click()
    expect(seen.page.get_by_text("Canceled in the wallet. Nothing was changed.")).to_be_visible()
    assert not Wallet.objects.exists()


def test_a_browser_without_a_wallet_says_so(visit: Open, driver: User) -> None:
    seen = visit(reverse("settings"), user=driver)
    expect(seen.page.get_by_text("No wallet was found in this browser.")).to_be_visible()
