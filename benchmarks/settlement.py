"""Settling licenses of 100,000 contributors, from the delivered evidence to entries, statement lines and state.

Against raw COPY of the same rows (entries and statement lines, without key, index, check or trigger); they take turns.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from benchmarks.database import database, raw_table
from benchmarks.report import record

DRIVERS, ROUNDS, LIMIT = 100_000, 5, 15.0
PRICE = 260_000_000_000
NOW = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = """
INSERT INTO dimo_user (public_id, email, name, timezone, password, is_active, is_staff, is_superuser, date_joined)
SELECT gen_random_uuid(), 'driver' || n || '@example.org', '', 'UTC', '!', true, false, false, now()
FROM generate_series(1, %(drivers)s) n;
INSERT INTO vehicles_vehicle (public_id, owner_id, owner_epoch, nickname, make, model, powertrain, timezone, salt,
  simulated, registered_at)
SELECT gen_random_uuid(), id, 1, '', '', '', '', 'UTC', sha256(email::bytea), true, now()
FROM dimo_user WHERE email LIKE 'driver%%';
INSERT INTO unions_membership (id, union_id, vehicle_id, member_id, owner_epoch, state, joined_at, consent_revision)
SELECT gen_random_uuid(), %(union)s, id, owner_id, 1, 'active', now(), 0 FROM vehicles_vehicle;
"""
EVIDENCE = """
INSERT INTO licensing_contribution (license_id, union_id, vehicle_id, membership_id, member_id, rows, weight)
SELECT %s, union_id, vehicle_id, id, member_id, 1 + vehicle_id %% 9973, 1 + vehicle_id %% 9973 FROM unions_membership
"""


def delivered_licenses() -> Iterator[UUID]:
    """Licenses bought and delivered with every vehicle's rows in them."""
    from django.db import connection

    from licensing.models import License

    common = agreed()
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"drivers": DRIVERS, "union": common["union"].pk})
    for _ in range(ROUNDS):
        license = bought(**common)
        with connection.cursor() as cursor:
            cursor.execute(EVIDENCE, [license.pk])
        License.objects.filter(pk=license.pk).update(state="building")
        License.objects.filter(pk=license.pk).update(state="delivered", delivered_at=NOW)
        yield license.pk


def agreed() -> dict[str, Any]:
    """A union with a price list and an offer, and a buyer."""
    from dimo.users.models import User
    from licensing.models import Offer, Organization
    from unions.models import PolicyVersion, Terms, Union

    founder = User.objects.create_user("founder@example.org")
    union = Union.objects.create(slug="bench", name="Bench", state="open")
    signed = {"union": union, "number": 1, "effective_at": NOW, "published_by": founder}
    policy = PolicyVersion.objects.create(rules={}, sha256=bytes(32), change="first", **signed)
    terms = Terms.objects.create(prices={}, split_rule="rows_capped", **signed)
    buyer = Organization.objects.create(name="Bench", category="academic", country="FI", verified_at=NOW)
    offer = Offer.objects.create(union=union, name="Bench", signals=["speed"], tiers=["x"], purposes=["x"])
    return {"union": union, "policy": policy, "terms": terms, "organization": buyer, "offer": offer, "by": founder}


def bought(*, by: Any, **common: Any) -> Any:
    from dimo.ledger.posting import open_account, post
    from licensing.licenses import escrow_account
    from licensing.models import License, Quote

    quote = Quote.objects.create(
        **common, asked_by=by, period_from=NOW - timedelta(days=30), period_to=NOW, signals=["speed"], tier="x",
        purpose="x", protocol_fee_bps=200,
        asset="EURC", unit_price=1, price=PRICE, vehicles=DRIVERS, rows_estimate=1, expires_at=NOW,
    )  # fmt: skip
    license = License.objects.create(
        quote=quote, union=common["union"], organization=common["organization"], bought_by=by, asset="EURC", price=PRICE
    )
    legs = [(open_account(kind="world", asset="EURC"), -PRICE), (escrow_account(license=license), PRICE)]
    post(key=f"hold-license:{uuid4()}", kind="test", asset="EURC", legs=legs)
    return license


def main() -> None:
    with database() as postgres:
        from django.db import connection, transaction

        from dimo.ledger.books import check_books
        from rewards.settlement import settle_license

        licenses = list(delivered_licenses())
        with postgres.connect() as superuser:
            raw_table(superuser, "raw_entry", "ledger_entry")
            raw_table(superuser, "raw_share", "rewards_share")
            superuser.execute("VACUUM ANALYZE")
        raw, settled = [], []
        for license_id in licenses:
            begun = perf_counter()
            settle_license(license_id=license_id, now=NOW)
            settled.append(perf_counter() - begun)
            entries, shares = rows_of(license_id)
            begun = perf_counter()
            with transaction.atomic(), connection.cursor() as cursor:
                for table, rows in (("raw_entry", entries), ("raw_share", shares)):
                    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(rows)
            raw.append(perf_counter() - begun)
        check_books()
    ratio = median(settled) / median(raw)
    record("settlement of a license with 100,000 contributors", median(settled), "s")
    record("settlement, every check and statement lines", DRIVERS / median(settled), "entries/s", LIMIT, ratio)
    if ratio > LIMIT:
        raise SystemExit(f"{ratio:.1f} times raw COPY of the same rows, over {LIMIT}")


def rows_of(license_id: UUID) -> tuple[bytes, bytes]:
    """What a settlement wrote, as COPY takes it."""
    from django.db import connection

    journal = "(SELECT journal_id FROM rewards_settlement WHERE license_id = %s)"
    found = []
    for query in (
        f"COPY (SELECT * FROM ledger_entry WHERE journal_id = {journal}) TO STDOUT",
        "COPY (SELECT * FROM rewards_share WHERE settlement_id = %s) TO STDOUT",
    ):
        with connection.cursor() as cursor, cursor.copy(query, [license_id]) as copy:
            found.append(b"".join(bytes(part) for part in copy))
    return found[0], found[1]


if __name__ == "__main__":
    main()
