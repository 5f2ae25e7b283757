"""Accounts, balances, journals and entries. Tables, triggers and grants are SQL (migrations); these are the maps.

Sign: a positive entry means that the account receives. A journal has one asset, is written whole by one
statement, sums to zero and never changes. Amounts are integers in the asset's base units.
"""

import uuid
from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now

models.BinaryField.register_lookup(Length)


class Amount(models.DecimalField):
    """Base units as a Python integer; `numeric(78,0)` holds a uint256."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.update(max_digits=78, decimal_places=0)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def from_db_value(self, value: object, expression: object, connection: object) -> int | None:
        return None if value is None else int(value)  # type: ignore[call-overload]


class Asset(models.TextChoices):
    """What amounts are counted in. Codes are stored; `DECIMALS` in dimo.money says how to show them."""

    EURC = "EURC", "Euro stablecoin"
    TOKEN = "DUN", "Data union token"
    CREDIT = "CREDIT", "Usage credit"


SYSTEM_KINDS = ("world", "issuance", "treasury", "burned")
SUMMED_KINDS = (*SYSTEM_KINDS, "driver")


class Account(models.Model):
    """A place where units of one asset are. A driver's money is the driver's: only union treasuries name a union.

    A lazy balance is the sum of its entries, taken when it is read or debited; the others are stored. System
    accounts are lazy, or every journal would wait for the one before; drivers are, so that a sale credits a hundred
    thousand of them without writing or locking their balances, and only a debit (a payout) sums and may be refused.
    """

    class Kind(models.TextChoices):
        WORLD = "world", "What came from or left to the outside"
        ISSUANCE = "issuance", "Token issuance"
        TREASURY = "treasury", "Protocol treasury"
        UNION = "union", "Union treasury"
        DRIVER = "driver", "Driver"
        BUYER = "buyer", "Buyer"
        ESCROW = "escrow", "Held for one license"
        HOLDBACK = "holdback", "Kept back for disputes"
        PAYABLE = "payable", "Reserved for a payout"
        BURNED = "burned", "Burned"

    id = models.BigAutoField(primary_key=True)
    union_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    asset = models.CharField(max_length=8, choices=Asset.choices)
    owner = models.UUIDField(
        null=True,
        help_text="user's, organization's or license's public id; null for a system account",
    )
    allow_negative = models.BooleanField(default=False)
    lazy = models.BooleanField(default=False, help_text="the balance is summed when read or debited")

    class Meta:
        db_table = "ledger_account"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["union_id", "kind", "asset", "owner"],
                nulls_distinct=False,
                name="one_account_per_party",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SYSTEM_KINDS, allow_negative=True, lazy=True)
                | Q(kind="driver", allow_negative=False, lazy=True)
                | (~Q(kind__in=SUMMED_KINDS) & Q(allow_negative=False, lazy=False)),
                name="a_kind_says_how_its_balance_is_kept",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SYSTEM_KINDS, owner=None, union_id=None)
                | Q(kind="union", owner=None, union_id__isnull=False)
                | (~Q(kind__in=[*SYSTEM_KINDS, "union"]) & Q(owner__isnull=False, union_id=None)),
                name="an_account_names_its_party",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.asset} {self.owner or self.union_id or ''}".rstrip()


class Balance(models.Model):
    """What an account holds, or, where lazy, the row that its debits lock. Written by the ledger's triggers alone.

    Read it through `selectors.balance`: the amount of a lazy row stays zero.
    """

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True)
    asset = models.CharField(max_length=8)
    lazy = models.BooleanField(default=False)
    allow_negative = models.BooleanField(default=False)
    amount = Amount(default=0)
    version = models.BigIntegerField(default=0)

    class Meta:
        db_table = "ledger_balance"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(allow_negative=True) | Q(amount__gte=0),
                name="balance_is_not_negative",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {'summed' if self.lazy else self.amount} {self.asset}"


class Journal(models.Model):
    """One business event in the books; its key names the event, so that it happens once."""

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True)
    union_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=24)
    asset = models.CharField(max_length=8, choices=Asset.choices)
    key = models.CharField(max_length=128, help_text="names the business event: settle-license:<id>")
    body_sha256 = models.BinaryField(max_length=32)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    legs = models.PositiveIntegerField(
        null=True, editable=False, help_text="stamped by the trigger that posts them, once"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "ledger_journal"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["union_id", "key"],
                nulls_distinct=False,
                name="one_journal_per_event",
            ),
            models.CheckConstraint(condition=Q(body_sha256__length=32), name="a_body_hash_has_32_bytes"),
        ]

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """One leg. No foreign keys: the trigger proves both ends once per statement rather than once per row."""

    pk = models.CompositePrimaryKey("journal_id", "account_id")
    journal = models.ForeignKey(Journal, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="entries")
    account = models.ForeignKey(Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="entries")
    amount = Amount()

    class Meta:
        db_table = "ledger_entry"
        indexes: ClassVar = [models.Index(fields=["account", "journal"], name="entry_by_account")]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(amount=0), name="an_entry_moves_something")]

    def __str__(self) -> str:
        return f"{self.journal_id} {self.account_id} {self.amount:+}"
