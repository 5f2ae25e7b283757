"""Linking wallets to people. A wallet belongs to one person; a person may have several, and none is a username."""

from datetime import datetime

from django.db import IntegrityError, transaction

from dimo.audit.trail import record
from dimo.errors import DomainError
from dimo.users.models import User
from dimo.wallets import siwe
from dimo.wallets.models import Wallet

MOST_WALLETS = 20


class WalletTaken(DomainError):
    """This wallet is linked to another person. Unlink it there first."""


class TooManyWallets(DomainError):
    """Twenty wallets are linked already; unlink one first."""


class WalletNotLinked(DomainError):
    """No account here is linked to this wallet. Sign in another way, then link it in the settings."""

    status = 403


def link_wallet(*, user: User, message: str, signature: str, expected: siwe.Expected, now: datetime) -> Wallet:
    """Link the account that signed `message` to `user`. Linking one's own wallet again returns it.

    Raises:
        siwe.WalletMessageRefused, WalletTaken, TooManyWallets
    """
    address = siwe.verify(message=message, signature=signature, expected=expected, now=now)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if linked := Wallet.objects.filter(address=address).first():
            return _own(linked, user)
        if user.wallets.count() >= MOST_WALLETS:
            raise TooManyWallets
        try:
            with transaction.atomic():
                wallet = Wallet.objects.create(user=user, address=address)
        except IntegrityError:
            return _own(Wallet.objects.get(address=address), user)
        record(
            actor=user, action="wallet.linked", object_kind="wallet", object_id=str(wallet.pk), subject=user, now=now
        )
    return wallet


def unlink_wallet(*, user: User, wallet_id: int, now: datetime) -> None:
    """Forget a wallet. Money is unaffected: it is the person's, not the wallet's.

    Raises:
        Wallet.DoesNotExist: not there, or somebody else's
    """
    with transaction.atomic():
        Wallet.objects.select_for_update().get(pk=wallet_id, user=user).delete()
        record(
            actor=user, action="wallet.unlinked", object_kind="wallet", object_id=str(wallet_id), subject=user, now=now
        )


def person_of(*, message: str, signature: str, expected: siwe.Expected, now: datetime) -> User:
    """Whose wallet signed `message`.

    Raises:
        siwe.WalletMessageRefused, WalletNotLinked
    """
    address = siwe.verify(message=message, signature=signature, expected=expected, now=now)
    wallet = Wallet.objects.select_related("user").filter(address=address).first()
    if wallet is None:
        raise WalletNotLinked
    return wallet.user


def _own(wallet: Wallet, user: User) -> Wallet:
    if wallet.user_id != user.pk:
        raise WalletTaken
    return wallet
