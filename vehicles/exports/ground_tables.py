"""Tables about the person: account, ways to sign in, keys, wallets, and what was done about them."""

from collections.abc import Iterator, Sequence
from typing import Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Q

from dimo.api.models import ApiKey
from dimo.audit.models import AuditEvent
from dimo.users.models import User
from dimo.wallets.models import Wallet
from vehicles.exports.tables import Column, Table, at, listed


def acts(user: User) -> Iterator[Sequence[object]]:
    """What this person did, and what was done about them. Other people are called by their role, not by name."""
    events = AuditEvent.objects.filter(Q(subject=user) | Q(actor=user)).order_by("at", "pk")
    for event in events.iterator(chunk_size=2000):
        who = "you" if event.actor_id == user.pk else event.actor_label or ("somebody" if event.actor_id else "we")
        yield event.at, who, event.action, event.object_kind, event.object_id, event.detail


TABLES: Final = (
    listed(
        "account",
        "you",
        lambda user: User.objects.filter(pk=user.pk),
        at("account", "text", "Your number, by which the books name you", path="public_id"),
        at("email", "text", "Your address"),
        at("name", "text", "Your name"),
        at("timezone", "text", "The zone in which you read times"),
        at("joined_at", "moment", "When the account was made", path="date_joined"),
        at("last_login", "moment", "When you last signed in"),
    ),
    listed(
        "email_addresses",
        "an address of yours",
        lambda user: EmailAddress.objects.filter(user=user).order_by("pk"),
        at("email", "text", "The address"),
        at("verified", "yes/no", "Whether you confirmed it"),
        at("primary", "yes/no", "Whether letters go to it"),
    ),
    listed(
        "second_factors",
        "a passkey or another second factor; its secret is not part of an export",
        lambda user: Authenticator.objects.filter(user=user).order_by("pk"),
        at("type", "text", "What it is"),
        at("created_at", "moment", "When you added it"),
        at("last_used_at", "moment", "When it was last used"),
    ),
    listed(
        "sessions",
        "a browser in which you are signed in",
        lambda user: UserSession.objects.filter(user=user).order_by("pk"),
        at("created_at", "moment", "When it was opened"),
        at("last_seen_at", "moment", "When it was last used"),
        at("ip", "text", "Its network address"),
        at("user_agent", "text", "What the browser calls itself"),
    ),
    listed(
        "api_keys",
        "a key for programs; the key itself is not kept, only its hash",
        lambda user: ApiKey.objects.filter(user=user).order_by("created_at"),
        at("label", "text", "What you call it"),
        at("prefix", "text", "How it begins"),
        at("scopes", "json", "What it may do"),
        at("created_at", "moment", "When it was made"),
        at("expires_at", "moment", "When it ends by itself"),
        at("revoked_at", "moment", "When it was revoked"),
        at("last_used_at", "moment", "When it was last used"),
    ),
    listed(
        "wallets",
        "a wallet that you proved to be yours",
        lambda user: Wallet.objects.filter(user=user).order_by("linked_at"),
        at("address", "text", "Its address"),
        at("linked_at", "moment", "When you linked it"),
    ),
    Table(
        "acts",
        "something that you did or that was done about you, as the trail keeps it",
        (
            Column("at", "moment", "When it happened"),
            Column("who", "text", "Who did it: you, somebody else, a buyer by name, or we"),
            Column("action", "text", "What was done"),
            Column("object_kind", "text", "What kind of thing it was done to"),
            Column("object_id", "text", "Which one"),
            Column("detail", "json", "More about it"),
        ),
        acts,
    ),
)
