"""Merged, split, deleted, brought back: edits outlive the cutter, races leave one word, nothing withheld leaks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from dimo.audit.selectors import acts_on
from dimo.errors import DomainError
from tests.vehicles.factories import NOW, drive, make_source
from tests.vehicles.test_trips import START, cut, store
from vehicles import trip_edits, trips
from vehicles.models import HiddenStretch, Source, Trip, TripSeam

pytestmark = pytest.mark.django_db
LATER = START + timedelta(minutes=30)


def two(source=None):
    """A source with two drives of ten minutes, twenty minutes apart."""
    source = source or make_source()
    store(source, drive(START) + drive(LATER, lat=10.06))
    cut(source)
    return source, *source.trips.order_by("started_at")


def merge(first, second):
    return trip_edits.merge_trips(trip=first, other=second, actor=first.vehicle.owner, now=NOW)


def split(trip, minutes):
    moment = trip.started_at + timedelta(minutes=minutes)
    return trip_edits.split_trip(trip=trip, moment=moment, actor=trip.vehicle.owner, now=NOW)


def delete(trip, now=NOW):
    return trip_edits.delete_trip(trip=trip, actor=trip.vehicle.owner, now=now)


def restore(trip, now=NOW):
    return trip_edits.restore_trip(trip=trip, actor=trip.vehicle.owner, now=now)


def spans(source):
    shown = source.trips.filter(deleted_at=None).order_by("started_at")
    return [tuple((at - START) / timedelta(minutes=1) for at in (trip.started_at, trip.ended_at)) for trip in shown]


def test_a_merged_trip_keeps_its_name_and_outlives_the_cutter():
    source, first, second = two()
    merged = merge(second, first)
    assert (merged.pk, spans(source)) == (first.pk, [(0, 40)])
    assert merged.readings == first.readings + second.readings
    store(source, drive(START + timedelta(minutes=16), seconds=300, lat=10.05))
    cut(source, since=START + timedelta(minutes=16), until=START + timedelta(minutes=21))
    assert spans(source) == [(0, 40)]
    [act] = acts_on(object_kind="trip", object_id=str(merged.public_id))
    assert (act.action, act.actor) == ("trip.merged", merged.vehicle.owner)


@pytest.mark.parametrize(
    ("one", "other", "left"), [("business", "", "business"), ("business", "private", ""), ("private",) * 3]
)
def test_tags_and_notes_of_a_merged_trip(one, other, left):
    _, first, second = two()
    trips.set_tag(trip=first, tag=one)
    trips.set_tag(trip=second, tag=other)
    trips.set_note(trip=first, note="to  the\ncustomer")
    trips.set_note(trip=second, note="and back")
    merged = merge(first, second)
    assert (merged.tag, merged.note) == (left, "to the customer · and back")


def test_only_neighbors_merge():
    source, first, second = two()
    store(source, drive(LATER + timedelta(hours=1)))
    store(source, drive(LATER + timedelta(hours=20)))
    cut(source)
    *_, third, far = source.trips.order_by("started_at")
    other = Source.objects.create(vehicle=source.vehicle, kind=Source.Kind.SIMULATOR)
    store(other, drive(START + timedelta(minutes=12), lon=30.0))
    [elsewhere] = cut(other)
    for a, b in ((first, third), (third, far), (first, elsewhere), (first, first)):
        with pytest.raises(trip_edits.NotNeighbors):
            merge(a, b)
    delete(second)
    with pytest.raises(trip_edits.NotNeighbors):
        merge(first, third)
    assert not TripSeam.objects.exists()


def test_a_split_trip_stays_split_and_can_be_whole_again():
    source, first, _ = two()
    trips.set_tag(trip=first, tag="business")
    early, late = split(first, 4)
    assert (early.pk, early.tag, late.tag) == (first.pk, "business", "business")
    assert spans(source)[:2] == [(0, 3 + 55 / 60), (4, 10)]
    assert cut(source)[:2] == [early, late]
    assert spans(source)[:2] == [(0, 3 + 55 / 60), (4, 10)]
    merge(early, late)
    assert spans(source) == [(0, 10), (30, 40)]
    assert cut(source)[0].readings == first.readings


def test_a_merged_trip_is_parted_where_it_was_joined():
    source, first, second = two()
    whole = merge(first, second)
    trip_edits.split_trip(trip=whole, moment=LATER, actor=source.vehicle.owner, now=NOW)
    assert spans(source) == [(0, 10), (30, 40)]


@pytest.mark.parametrize("minutes", [-1, 0, 0.5, 9.5, 10, 11])
def test_a_split_at_the_edge_is_refused(minutes):
    source, first, _ = two()
    with pytest.raises(trip_edits.SplitOutside) as refused:
        split(first, minutes)
    assert (refused.value.field, len(spans(source))) == ("moment", 2)


def test_deleting_hides_for_good_and_thirty_days_bring_it_back():
    source, first, _ = two()
    trips.set_tag(trip=first, tag="business")
    delete(first)
    assert spans(source) == [(30, 40)]
    cut(source)
    assert spans(source) == [(30, 40)]
    with pytest.raises(trips.TripChanged):
        delete(first)
    with pytest.raises(trip_edits.DeletionFinal):
        restore(first, NOW + timedelta(days=30, seconds=1))
    back = restore(first, NOW + timedelta(days=30))
    assert (back.pk, back.tag, spans(source)) == (first.pk, "business", [(0, 10), (30, 40)])
    assert restore(first).pk == first.pk
    assert not HiddenStretch.objects.exists()


def test_what_comes_late_beside_a_deleted_trip_is_a_trip_of_its_own():
    source = make_source()
    whole = drive(START, seconds=1800)
    store(source, whole[:100])
    delete(*cut(source))
    store(source, whole[100:])
    cut(source)
    assert spans(source) == [(500 / 60, 30)]
    assert Trip.objects.get(deleted_at__isnull=False).ended_at == whole[99].ts


def test_a_private_stretch_stays_hidden_when_its_trip_is_cut_away():
    source, first, _ = two()
    trips.set_private(trip=first, private=True)
    Trip.objects.filter(pk=first.pk).delete()
    hidden = HiddenStretch.objects.get()
    assert (hidden.starts_at, hidden.ends_at) == (first.started_at, first.ended_at)
    again, _ = cut(source)
    trips.set_private(trip=again, private=False)
    assert not HiddenStretch.objects.exists()


def test_letting_one_half_out_keeps_the_other_withheld():
    _, first, _ = two()
    trips.set_private(trip=first, private=True)
    early, late = split(first, 5)
    assert (early.private, late.private) == (True, True)
    trips.set_private(trip=early, private=False)
    [hidden] = HiddenStretch.objects.all()
    assert (hidden.starts_at, hidden.ends_at) == (late.started_at, late.ended_at)


def test_splitting_or_merging_makes_no_copy_count_again():
    source, first, _ = two()
    copy, _, _ = two()
    assert copy.trips.filter(duplicate_of=None).count() == 0
    split(first, 5)
    cut(copy)
    assert copy.trips.filter(duplicate_of=None).count() == 0
    merge(*copy.trips.order_by("started_at"))
    cut(source)
    assert copy.trips.get().duplicate_of is not None
    assert source.trips.filter(duplicate_of=None).count() == 3


def test_a_note_that_is_too_long_is_refused():
    _, first, _ = two()
    with pytest.raises(trips.NoteTooLong):
        trips.set_note(trip=first, note="x" * 501)


def at_once(*acts):
    def alone(act):
        try:
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(alone, acts))


@pytest.mark.django_db(transaction=True)
def test_two_edits_at_once_leave_whole_trips():
    source, first, second = two()
    said = at_once(lambda: merge(first, second), lambda: merge(first, second), lambda: split(second, 5))
    assert any(isinstance(answer, trips.TripChanged | trip_edits.NotNeighbors) for answer in said)
    before = spans(source)
    assert (before[0][0], before[-1][1]) == (0, 40)
    assert all(a[1] < b[0] for a, b in pairwise(before))
    cut(source)
    assert spans(source) == before


@pytest.mark.django_db(transaction=True)
def test_the_cutter_and_privacy_at_once_lose_neither():
    source, first, _ = two()
    store(source, drive(START + timedelta(minutes=11), seconds=120))
    at_once(*[lambda: cut(source)] * 2, lambda: trips.set_private(trip=first, private=True))
    assert source.trips.order_by("started_at").first().private


@pytest.mark.django_db(transaction=True)
def test_a_split_while_the_cutter_runs_stays_whatever_comes_first():
    source, first, _ = two()
    store(source, drive(START + timedelta(minutes=11), seconds=120))
    said = at_once(*[lambda: cut(source)] * 2, lambda: split(first, 4), lambda: cut(source))
    assert not [answer for answer in said if isinstance(answer, DomainError)]
    assert spans(source)[:2][0] == (0, 3 + 55 / 60)
    before = spans(source)
    assert all(a[1] < b[0] for a, b in pairwise(before))
    cut(source)
    assert spans(source) == before
