"""Money is shared to the last unit, whichever way it is computed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dimo.money import (
    NothingToShareBy,
    UnknownAsset,
    UnsharableAmount,
    fee,
    format_amount,
    split,
    split_slowly,
    tie_rank,
)

small = st.integers(0, 50)
anything = st.integers(0, 10**30)
weight_lists = st.one_of(st.lists(small, min_size=1, max_size=60), st.lists(anything, min_size=1, max_size=60)).filter(
    any
)
amounts = st.one_of(st.integers(0, 1000), st.integers(0, 2**256 - 1))


def ranks(key: str, members: list[str]) -> list[bytes]:
    return [tie_rank(key, member) for member in members]


@pytest.mark.parametrize(
    ("amount", "weights", "members", "shares"),
    [
        (1000, [1, 1, 1], ["m1", "m2", "m3"], [334, 333, 333]),
        (100, [3, 2, 2, 0], ["a", "b", "c", "d"], [43, 28, 29, 0]),
        (3, [6, 6, 2], ["A", "B", "C"], [1, 1, 1]),
        (4, [6, 6, 2], ["A", "B", "C"], [2, 2, 0]),
    ],
)
def test_the_published_vectors_hold(amount, weights, members, shares):
    assert split(amount, weights, ranks=ranks("s1", members)) == shares
    assert split_slowly(amount, weights, ranks=ranks("s1", members)) == shares


@given(amounts, weight_lists)
def test_every_unit_is_shared_and_nobody_is_a_whole_unit_from_the_ideal(amount, weights):
    shares = split(amount, weights)
    total = sum(weights)
    assert sum(shares) == amount
    assert all(abs(s * total - amount * w) < total for s, w in zip(shares, weights, strict=True))
    assert all(s == 0 for s, w in zip(shares, weights, strict=True) if w == 0)


@given(amounts, weight_lists, st.text(max_size=5))
def test_the_fast_way_equals_the_definition(amount, weights, key):
    by_member = ranks(key, [str(i) for i in range(len(weights))])
    assert split(amount, weights, ranks=by_member) == split_slowly(amount, weights, ranks=by_member)
    assert split(amount, weights) == split_slowly(amount, weights)


@given(amounts, weight_lists, st.randoms())
def test_the_order_of_members_does_not_matter(amount, weights, random):
    members = [str(i) for i in range(len(weights))]
    shares = dict(zip(members, split(amount, weights, ranks=ranks("k", members)), strict=True))
    shuffled = random.sample(members, len(members))
    again = split(amount, [weights[int(m)] for m in shuffled], ranks=ranks("k", shuffled))
    assert dict(zip(shuffled, again, strict=True)) == shares


@given(st.integers(1, 2**70), st.integers(1, 2**70))
def test_the_guard_of_the_fast_way_holds_around_its_limit(amount, weight):
    for w in (weight, 2**62, 2**63 - 1, 2**63, 2**64):
        assert split(amount, [w, 1, w]) == split_slowly(amount, [w, 1, w])


def test_ties_at_the_cut_go_to_the_smallest_hashes_and_differ_from_sale_to_sale():
    members = [str(i) for i in range(40)]
    favored = []
    for key in ("one", "two"):
        by_member = ranks(key, members)
        shares = split(7, [1] * 40, ranks=by_member)
        favored.append({i for i, share in enumerate(shares) if share})
        assert favored[-1] == set(sorted(range(40), key=by_member.__getitem__)[:7])
    assert favored[0] != favored[1]


def test_ranks_alike_in_their_first_eight_bytes_are_compared_to_the_end():
    prefix = b"\x00" * 24
    by_member = [prefix + bytes([0] * 7 + [n]) for n in (3, 1, 2)]
    assert split(1, [1, 1, 1], ranks=by_member) == [0, 1, 0]


def test_nobody_to_pay_is_said_and_not_divided_by():
    with pytest.raises(NothingToShareBy):
        split(10, [0, 0])
    with pytest.raises(NothingToShareBy):
        split(10, [])


@pytest.mark.parametrize(("amount", "weights"), [(-1, [1]), (1, [2, -1]), (1.0, [1]), (1, [1.0, 2]), (True, [1])])
def test_what_is_not_a_whole_positive_number_is_refused(amount, weights):
    with pytest.raises(UnsharableAmount):
        split(amount, weights)


def test_a_rank_is_needed_for_each_weight():
    with pytest.raises(UnsharableAmount):
        split(1, [1, 1], ranks=[b"\x00" * 32])


@given(st.integers(0, 2**256 - 1), st.integers(0, 10_000))
def test_a_fee_is_rounded_down(amount, bps):
    assert 0 <= amount * bps - fee(amount, bps) * 10_000 < 10_000


@pytest.mark.parametrize(("amount", "bps"), [(-1, 5), (1, -5), (1, 10_001)])
def test_a_fee_is_between_nothing_and_everything(amount, bps):
    with pytest.raises(UnsharableAmount):
        fee(amount, bps)


@pytest.mark.parametrize(
    ("amount", "asset", "shown", "exactly"),
    [
        (31_800_000, "EURC", "€31.80", "€31.80"),
        (0, "EURC", "€0.00", "€0.00"),
        (9_999, "EURC", "€0.009999", "€0.009999"),
        (1_999_999, "EURC", "€1.99", "€1.999999"),
        (-31_800_000, "EURC", "−€31.80", "−€31.80"),
        (1_250 * 10**18, "DUN", "1,250 DUN", "1,250 DUN"),
        (10**18 // 2, "DUN", "0.5 DUN", "0.5 DUN"),
        (10**18 + 1, "DUN", "1 DUN", "1.000000000000000001 DUN"),
        (1, "CREDIT", "1 credit", "1 credit"),
        (12_000, "CREDIT", "12,000 credits", "12,000 credits"),
    ],
)
def test_amounts_read_as_people_write_them(amount, asset, shown, exactly):
    assert format_amount(amount, asset) == shown
    assert format_amount(amount, asset, exact=True) == exactly


def test_an_unknown_asset_has_no_spelling():
    with pytest.raises(UnknownAsset):
        format_amount(1, "GOLD")
