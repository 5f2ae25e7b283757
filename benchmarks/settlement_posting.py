"""One journal of 100,002 entries with every check on, against raw COPY of the same rows; they take turns.

Checks: sum zero, known accounts and asset, written once, no overdraft, append-only; two indexes; commit with fsync.
"""

from random import Random
from statistics import median
from time import perf_counter
from uuid import uuid4

from benchmarks.database import database, raw_table
from benchmarks.report import record

DRIVERS, ROUNDS, LIMIT = 100_000, 7, 15.0


def main() -> None:
    with database() as postgres:
        from django.db import connection, transaction

        from dimo.ledger.books import check_books
        from dimo.ledger.posting import open_account, open_accounts, post, post_split

        accounts = list(open_accounts(kind="driver", asset="EURC", owners=[uuid4() for _ in range(DRIVERS)]).values())
        buyer = open_account(kind="buyer", asset="EURC", owner=uuid4())
        treasury, world = (open_account(kind=kind, asset="EURC") for kind in ("treasury", "world"))
        post(key="top-up", kind="test", asset="EURC", legs=[(world, -(10**18)), (buyer, 10**18)])
        with postgres.connect() as superuser:
            raw_table(superuser, "raw_entry", "ledger_entry")
            superuser.execute("VACUUM ANALYZE")

        def copy_raw(rows: str) -> float:
            begun = perf_counter()
            with transaction.atomic(), connection.cursor() as cursor, cursor.copy("COPY raw_entry FROM STDIN") as copy:
                copy.write(rows)
            return perf_counter() - begun

        def post_all(amounts: list[int], number: int) -> float:
            begun = perf_counter()
            post_split(
                key=f"settlement:{number}", kind="test", asset="EURC", source=buyer, fixed=[(treasury, 77)],
                accounts=accounts, amounts=amounts,
            )  # fmt: skip
            return perf_counter() - begun

        raw, posted = [], []
        for number in range(ROUNDS):
            amounts = Random(number).choices(range(1, 10**7), k=DRIVERS)
            raw.append(copy_raw("".join(f"{number}\t{a}\t{m}\n" for a, m in zip(accounts, amounts, strict=True))))
            posted.append(post_all(amounts, number))
        check_books()
    ratio = median(posted) / median(raw)
    record("raw COPY of 100,000 entries", DRIVERS / median(raw), "entries/s")
    record("posting 100,000 entries, every check", DRIVERS / median(posted), "entries/s", limit=LIMIT, ratio=ratio)
    if ratio > LIMIT:
        raise SystemExit(f"{ratio:.1f} times raw COPY, over {LIMIT}")


if __name__ == "__main__":
    main()
