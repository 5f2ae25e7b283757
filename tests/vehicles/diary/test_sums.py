"""Sums of trips, graphs and shares: arithmetic that a driver can check by hand."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.factories import NOW
from vehicles.diary import graphs
from vehicles.diary.sums import Span, Sums, added, told_again


def trip(km, tag="", kwh=None, fuel=None, minutes=10):
    times = {"started_at": NOW, "ended_at": NOW + timedelta(minutes=minutes)}
    return SimpleNamespace(distance_km=km, tag=tag, energy_kwh=kwh, fuel_used_l=fuel, **times)


def money(amount, currency="EUR"):
    return SimpleNamespace(amount=Decimal(amount), currency=currency)


def test_sums_by_tag_and_per_hundred_count_only_what_was_measured():
    sums = added([(trip(30, "business", kwh=6.0), money("1.20")), (trip(10, "private"), None), (trip(20), None)])
    assert (sums.trips, sums.km, sums.minutes, sums.uncosted) == (3, 60, 30, 2)
    assert sums.by_tag == {"business": 30, "private": 10, "": 20}
    assert (sums.business_pct, round(sums.private_pct, 1), sums.kwh_per_100) == (50, 16.7, 20)
    assert sums.liters_per_100 is None


def test_money_of_two_currencies_is_never_added():
    sums = added([(trip(1), money("1.20")), (trip(1), money("2", "SEK")), (trip(1), money("0.30"))])
    assert sums.money == ["€1.50", "2.00 SEK"]


def test_nothing_adds_up_to_nothing():
    assert (Sums().business_pct, Sums().kwh_per_100, Sums().money) == (0, None, [])


def span(pk, source, begins, ends, readings=100, vehicle=1):
    at = [NOW + timedelta(minutes=m) for m in (begins, ends)]
    return Span(pk, vehicle, source, *at, readings)


def test_a_drive_that_two_sources_told_counts_by_the_fuller_one():
    assert told_again([span(1, 1, 0, 30, 90), span(2, 2, 1, 29, 400)]) == {1}
    assert told_again([span(1, 1, 0, 30, 400), span(2, 2, 1, 29, 90), span(3, 1, 40, 50)]) == {2}
    assert told_again([span(1, 1, 0, 30), span(2, 2, 0, 30)]) == {2}


def test_drives_that_only_touch_or_are_of_one_source_or_of_two_cars_all_count():
    assert told_again([span(1, 1, 0, 30), span(2, 2, 25, 60)]) == set()
    assert told_again([span(1, 1, 0, 30), span(2, 1, 0, 30)]) == set()
    assert told_again([span(1, 1, 0, 30), span(2, 2, 0, 30, vehicle=2)]) == set()


def test_a_gap_breaks_the_line_and_sparse_readings_do_not():
    dense = [(float(t), 50.0) for t in range(60)] + [(float(t), 50.0) for t in range(200, 260)]
    curve = graphs.curve(dense)
    assert [v for _, v in curve].count(None) == 1
    sparse = [(300.0 * n, float(n)) for n in range(10)]
    assert graphs.curve(sparse) == sparse


@given(st.integers(2, 20_000))
def test_a_graph_never_has_more_points_than_a_screen_has_columns(count):
    curve = graphs.curve([(float(n), n % 90 * 1.0) for n in range(count)])
    assert len(curve) <= graphs.MOST + 1
    assert curve[0][0] == 0


def test_only_what_was_measured_is_drawn_in_the_units_of_the_page():
    told = {6: [(0.0, 30.0), (1.0, 40.0)], 47: [(0.0, -12_000.0), (1.0, 500.0)], 37: [(0.0, 3.0)], 99: [(0.0, 1.0)] * 2}
    speed, power = graphs.graphs(told)
    assert (speed.kind.key, speed.low, speed.high) == ("speed", 30, 40)
    assert power.points == [(0.0, 12.0), (1.0, -0.5)]


def test_shares_of_speed_add_up_and_leave_gaps_out():
    speeds = [(float(t), 0.0) for t in range(60)] + [(60.0 + t, 60.0) for t in range(60)] + [(5_000.0, 140.0)]
    shares = graphs.shares(speeds)
    assert round(sum(share for _, _, share in shares), 6) == 100
    told = {low: round(share) for low, _, share in shares if share}
    assert told == {0.0: 50, 50.0: 50}
    assert graphs.shares([]) == []


def test_the_table_has_a_row_per_stretch_and_none_where_nothing_was_measured():
    drawn = graphs.graphs({6: [(float(t), 10.0) for t in range(120)], 4: [(0.0, 5.0), (10.0, 7.0)]})
    rows = graphs.table(drawn, 0.0, 119.0)
    assert len(rows) <= graphs.ROWS + 1
    assert rows[0][1] == [10.0, 5.0]
    assert rows[-1][1] == [10.0, None]
