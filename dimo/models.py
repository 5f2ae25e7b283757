"""The ground's tables, gathered where Django looks for them."""

from dimo.api.models import ApiKey, IdempotentRequest
from dimo.audit.models import AuditEvent
from dimo.users.models import User
from dimo.wallets.models import Wallet

__all__ = ["ApiKey", "AuditEvent", "IdempotentRequest", "User", "Wallet"]
