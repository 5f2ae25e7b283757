"""What drivers say about their drives holds however often drives are found anew."""

from datetime import timedelta

from tests.vehicles.factories import NOW
from tests.vehicles.test_cutting import ride, stand
from vehicles.cutting import Point, Seams, cut


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def bounds(points, **said):
    return [
        (int((c.started_at - NOW).total_seconds()), int((c.ended_at - NOW).total_seconds()))
        for c in cut(points, Seams(**said))
    ]


TWO = ride() + ride(1_200)


def test_a_join_makes_one_drive_of_two_and_counts_all_that_was_read_between():
    assert bounds(TWO) == [(0, 600), (1200, 1800)]
    assert bounds(TWO, joins=[(at(600), at(1200))]) == [(0, 1800)]
    between = ride() + stand(605, seconds=590) + ride(1_200)
    [whole] = cut(between, Seams(joins=[(at(660), at(1140))]))
    assert whole.readings == len(between)


def test_a_join_holds_when_late_readings_narrow_or_part_the_gap():
    late = ride() + ride(610, seconds=100) + ride(1_200)
    assert bounds(late, joins=[(at(600), at(1200))]) == [(0, 1800)]
    middle = ride() + ride(1_000, seconds=120) + ride(1_500)
    assert len(bounds(middle)) == 3
    assert bounds(middle, joins=[(at(600), at(1500))]) == [(0, 2100)]


def test_a_join_reaches_no_further_than_its_gap():
    three = TWO + ride(2_400)
    assert bounds(three, joins=[(at(600), at(1200))]) == [(0, 1800), (2400, 3000)]
    assert bounds(three, joins=[(at(1800), at(2400))]) == [(0, 600), (1200, 3000)]


def test_a_split_begins_the_later_drive_and_keeps_short_parts():
    assert bounds(ride(), splits=[at(300)]) == [(0, 295), (300, 600)]
    assert bounds(ride(), splits=[at(301)]) == [(0, 300), (305, 600)]
    assert bounds(ride(), splits=[at(10)]) == [(0, 5), (10, 600)]
    assert bounds(ride(), splits=[at(0), at(601)]) == [(0, 600)]


def test_a_split_parts_what_was_joined():
    assert bounds(TWO, joins=[(at(600), at(1200))], splits=[at(1200)]) == [(0, 600), (1200, 1800)]


def test_a_deleted_window_never_grows_and_never_joins():
    longer = ride(seconds=1200)
    assert bounds(longer, walls=[(at(0), at(600))]) == [(0, 600), (605, 1200)]
    assert bounds(longer, walls=[(at(0), at(1190))]) == [(0, 1190)]
    assert bounds(TWO, joins=[(at(600), at(1200))], walls=[(at(0), at(600))]) == [(0, 600), (1200, 1800)]


def test_stops_of_a_minute_are_counted_and_silence_is_none():
    [drive] = cut(ride() + stand(605, seconds=90) + ride(700) + stand(1305, seconds=30) + ride(1340))
    assert drive.stops == 1
    assert cut(ride() + ride(890))[0].stops == 0


def test_energy_is_told_by_the_best_reading_there_is():
    level = [p._replace(soc=80 - i / 10) for i, p in enumerate(ride())]
    assert (cut(level)[0].energy_kwh, cut(level)[0].energy_by) == (None, "")
    assert (cut(level, capacity_kwh=50.0)[0].energy_kwh, cut(level, capacity_kwh=50.0)[0].energy_by) == (6.0, "level")
    power = [p._replace(power=-12_000.0) for p in level]
    assert (cut(power, capacity_kwh=50.0)[0].energy_kwh, cut(power)[0].energy_by) == (2.0, "power")
    counter = [p._replace(energy=40 - i / 100) for i, p in enumerate(power)]
    assert (cut(counter)[0].energy_kwh, cut(counter)[0].energy_by) == (1.2, "counter")


def test_areas_odometer_and_doubts_are_told():
    points = [
        p._replace(cell=float(7 + (i > 60)), odometer=100 + i / 20, doubts=8 * (i == 5)) for i, p in enumerate(ride())
    ]
    [drive] = cut(points)
    assert (drive.start_cell, drive.end_cell, drive.cells) == (7, 8, [7, 8])
    assert (drive.odometer_start_km, drive.odometer_end_km) == (100.0, 106.0)
    assert drive.doubts == {"disagree": 1}


def test_what_stands_between_two_drives_belongs_to_one_of_them():
    parked = stand(605, seconds=60, ignition=False)
    first, second = cut(ride(ignition=True) + parked + ride(665, ignition=True))
    assert first.ended_at < second.started_at
    assert isinstance(parked[0], Point)
