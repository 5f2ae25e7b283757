"""Sharing one amount among a million members, to the last unit. The yardstick only adds up the same weights.

Twice: with weights at random, and with all of them equal, where every member ties and all hashes are compared.
"""

from random import Random
from time import perf_counter

from benchmarks.report import record
from dimo.money import split, tie_rank

MEMBERS, AMOUNT, LIMIT = 1_000_000, 123_456_789_012_345, 1.0


def main() -> None:
    weights = Random(5).choices(range(1, 100_000), k=MEMBERS)
    begun = perf_counter()
    sum(weights)
    adding = perf_counter() - begun
    seconds = []
    for _ in range(3):
        begun = perf_counter()
        shares = split(AMOUNT, weights)
        seconds.append(perf_counter() - begun)
        if sum(shares) != AMOUNT:
            raise SystemExit("a unit was lost")
    ranks = [tie_rank("sale", str(member)) for member in range(MEMBERS)]
    begun = perf_counter()
    if sum(split(AMOUNT, [1] * MEMBERS, ranks=ranks)) != AMOUNT:
        raise SystemExit("a unit was lost")
    tied = perf_counter() - begun
    record("split of 1,000,000 equal shares, ties by hash", tied, "s", limit=LIMIT)
    record("split of 1,000,000 shares", min(seconds), "s", limit=LIMIT)
    record("split of 1,000,000 shares, against adding them up", min(seconds) / adding, "times")
    if max(min(seconds), tied) > LIMIT:
        raise SystemExit(f"{max(min(seconds), tied):.2f} s, over {LIMIT} s")


if __name__ == "__main__":
    main()
