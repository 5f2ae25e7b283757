"""Ethereum accounts that a user proved to control; several per user, never the way to name a user."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Wallet(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="wallets")
    address = models.CharField(max_length=42, unique=True, help_text="EIP-55 checksum spelling")
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(address__regex=r"^0x[0-9a-fA-F]{40}$"),
                name="wallet_address_is_an_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.address[:6]}…{self.address[-4:]}"
