import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import dimo.ledger.models

KINDS = [
    ("world", "What came from or left to the outside"),
    ("issuance", "Token issuance"),
    ("treasury", "Protocol treasury"),
    ("union", "Union treasury"),
    ("driver", "Driver"),
    ("buyer", "Buyer"),
    ("escrow", "Held for one license"),
    ("holdback", "Kept back for disputes"),
    ("payable", "Reserved for a payout"),
    ("burned", "Burned"),
]
ASSETS = [("EURC", "Euro stablecoin"), ("DUN", "Data union token"), ("CREDIT", "Usage credit")]
SYSTEM = ("kind__in", ("world", "issuance", "treasury", "burned"))


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("union_id", models.UUIDField(null=True)),
                ("kind", models.CharField(choices=KINDS, max_length=12)),
                ("asset", models.CharField(choices=ASSETS, max_length=8)),
                (
                    "owner",
                    models.UUIDField(
                        help_text="user's, organization's or license's public id; null for a system account",
                        null=True,
                    ),
                ),
                ("allow_negative", models.BooleanField(default=False)),
                (
                    "lazy",
                    models.BooleanField(default=False, help_text="the balance is summed when read or debited"),
                ),
            ],
            options={
                "db_table": "ledger_account",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("union_id", "kind", "asset", "owner"),
                        name="one_account_per_party",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("allow_negative", True), SYSTEM, ("lazy", True)),
                            models.Q(("allow_negative", False), ("kind", "driver"), ("lazy", True)),
                            models.Q(
                                models.Q(
                                    ("kind__in", ("world", "issuance", "treasury", "burned", "driver")), _negated=True
                                ),
                                ("allow_negative", False),
                                ("lazy", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_kind_says_how_its_balance_is_kept",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(SYSTEM, ("owner", None), ("union_id", None)),
                            models.Q(("kind", "union"), ("owner", None), ("union_id__isnull", False)),
                            models.Q(
                                models.Q(
                                    ("kind__in", ["world", "issuance", "treasury", "burned", "union"]), _negated=True
                                ),
                                ("owner__isnull", False),
                                ("union_id", None),
                            ),
                            _connector="OR",
                        ),
                        name="an_account_names_its_party",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="ledger.account",
                    ),
                ),
                ("asset", models.CharField(max_length=8)),
                ("lazy", models.BooleanField(default=False)),
                ("allow_negative", models.BooleanField(default=False)),
                ("amount", dimo.ledger.models.Amount(decimal_places=0, default=0, max_digits=78)),
                ("version", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "ledger_balance",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("allow_negative", True), ("amount__gte", 0), _connector="OR"),
                        name="balance_is_not_negative",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Journal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "public_id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, unique=True
                    ),
                ),
                ("union_id", models.UUIDField(null=True)),
                ("kind", models.CharField(max_length=24)),
                ("asset", models.CharField(choices=ASSETS, max_length=8)),
                ("key", models.CharField(help_text="names the business event: settle-license:<id>", max_length=128)),
                ("body_sha256", models.BinaryField(max_length=32)),
                (
                    "legs",
                    models.PositiveIntegerField(
                        editable=False, help_text="stamped by the trigger that posts them, once", null=True
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="ledger.journal",
                    ),
                ),
            ],
            options={
                "db_table": "ledger_journal",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("union_id", "key"), name="one_journal_per_event", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("body_sha256__length", 32)), name="a_body_hash_has_32_bytes"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "journal_id", "account_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "journal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="entries",
                        to="ledger.journal",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="entries",
                        to="ledger.account",
                    ),
                ),
                ("amount", dimo.ledger.models.Amount(decimal_places=0, max_digits=78)),
            ],
            options={
                "db_table": "ledger_entry",
                "indexes": [models.Index(fields=["account", "journal"], name="entry_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount", 0), _negated=True), name="an_entry_moves_something"
                    )
                ],
            },
        ),
    ]
