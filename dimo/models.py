"""The ground's tables, gathered where Django looks for them."""

from dimo.api.models import ApiKey, IdempotentRequest
from dimo.audit.models import AccessEntry, AuditEvent
from dimo.oauth.models import App, AppCredential, AppSession
from dimo.users.models import User
from dimo.wallets.models import Wallet

__all__ = [
    "AccessEntry",
    "ApiKey",
    "App",
    "AppCredential",
    "AppSession",
    "AuditEvent",
    "IdempotentRequest",
    "User",
    "Wallet",
]
