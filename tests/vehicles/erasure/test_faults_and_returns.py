"""What lies over a hand-over is cut by an erasure, and a vehicle that was bought back is erased time by time."""

from datetime import timedelta

import pytest

from tests.vehicles.erasure import world as leaving
from tests.vehicles.erasure.test_vehicle import erase, handed_over
from tests.vehicles.factories import drive
from vehicles import ownership_selectors, registry, selectors, telemetry, trips
from vehicles.diagnostics import reading
from vehicles.erasure import asking, running
from vehicles.models import ErasedTime, FaultCode, Source, Trip, Vehicle

pytestmark = pytest.mark.django_db(transaction=True)
NOW, HOUR = leaving.NOW, timedelta(hours=1)
SPANS = (
    ("P0001", -3, -2, -1),  # the seller's alone
    ("P0002", -3, -2, 2),  # last told by the seller, gone in the buyer's time
    ("P0003", -3, 2, None),  # stands over the hand-over
    ("P0004", -3, 1, 2),
    ("P0005", 1, 2, None),  # the buyer's alone
)


def with_codes():
    """A vehicle handed over with codes on both sides; its world, and the hand-over."""
    vehicle, seller, buyer, later = handed_over()
    handed, source = vehicle.owned_since, Source.objects.exclude(pk=later.pk).get()
    FaultCode.objects.all().delete()
    for code, opened, seen, cleared in SPANS:
        FaultCode.objects.create(
            vehicle=vehicle, source=source, code=code, opened_at=handed + opened * HOUR,
            last_seen_at=handed + seen * HOUR, cleared_at=None if cleared is None else handed + cleared * HOUR,
        )  # fmt: skip
    return vehicle, seller, buyer, handed


def spans(handed):
    """Codes as they are stored, in hours around the hand-over."""
    moments = FaultCode.objects.order_by("code").values_list("code", "opened_at", "last_seen_at", "cleared_at")
    return {code: [at and round((at - handed) / HOUR, 3) for at in ats] for code, *ats in moments}


def told_to(person):
    [vehicle] = ownership_selectors.known_to(owner=person)
    rows = reading.codes_of(vehicle=vehicle).order_by("code")
    return [(row.code, row.began_at, row.seen_at, row.gone_at) for row in rows]


def test_a_sellers_erasure_leaves_a_standing_code_to_the_buyer_from_the_hand_over_on():
    vehicle, seller, buyer, handed = with_codes()
    known = told_to(buyer)
    erase(vehicle, owner=seller)
    assert spans(handed) == {"P0003": [0, 2, None], "P0004": [0, 1, 2], "P0005": [1, 2, None]}
    assert told_to(buyer) == known


def test_a_buyers_erasure_takes_every_moment_of_their_time_out_of_the_sellers_codes():
    vehicle, seller, _, handed = with_codes()
    known = told_to(seller)
    erase(vehicle)
    assert spans(handed) == {"P0001": [-3, -2, -1], "P0002": [-3, -2, 0], "P0003": [-3, 0, 0], "P0004": [-3, 0, 0]}
    after = told_to(seller)
    assert [row[:2] for row in after] == [row[:2] for row in known]
    assert [row[3] for row in after] == [row[3] for row in known]


def test_a_code_that_stood_through_the_time_in_the_middle_is_parted_and_what_both_sides_read_stays():
    vehicle, seller, _, handed = with_codes()
    vehicle = registry.transfer_vehicle(vehicle=vehicle, buyer=seller, now=handed + 20 * HOUR)
    again = vehicle.owned_since
    FaultCode.objects.exclude(code="P0003").delete()
    FaultCode.objects.update(last_seen_at=again + HOUR)
    ask = asking.erase_vehicle(owner=ownership_of(vehicle, 2), vehicle=vehicle, now=NOW)
    running.run_erasure(erasure_id=ask.pk, now=NOW)
    told = list(FaultCode.objects.order_by("opened_at").values_list("opened_at", "last_seen_at", "cleared_at"))
    assert told == [
        (handed - 3 * HOUR, handed - timedelta(microseconds=1), handed),
        (again, again + HOUR, None),
    ]


def ownership_of(vehicle, epoch):
    return vehicle.ownerships.get(epoch=epoch).owner


def bought_back_after_erasing():
    """The seller's first time is erased, then they buy the vehicle back and drive again."""
    vehicle, seller, _, later = handed_over()
    erase(vehicle, owner=seller)
    vehicle = registry.transfer_vehicle(vehicle=Vehicle.objects.get(), buyer=seller, now=NOW - 30 * HOUR)
    told = drive(NOW - 20 * HOUR)
    telemetry.store_readings(vehicle=vehicle, source=later, readings=told, now=NOW)
    trips.cut_trips(vehicle=vehicle, source=later, since=told[0].ts, until=told[-1].ts, now=NOW)
    assert [trip.owner_epoch for trip in selectors.trips_of(owner=seller)] == [3]
    return vehicle, seller


def test_what_was_bought_back_after_an_erasure_can_be_erased_too():
    vehicle, seller = bought_back_after_erasing()
    erase(vehicle, owner=seller)
    assert sorted(ErasedTime.objects.values_list("epoch", flat=True)) == [1, 3]
    assert list(Trip.objects.values_list("owner_epoch", flat=True)) == [2]


@pytest.mark.parametrize("bought", ["before asking", "in the week"])
def test_an_account_takes_along_what_was_bought_back_after_an_erasure(bought):
    if bought == "before asking":
        _, seller = bought_back_after_erasing()
        asked = asking.erase_account(person=seller, now=NOW)
        assert not selectors.trips_of(owner=seller).exists()
    else:
        vehicle, seller, _, _ = handed_over()
        erase(vehicle, owner=seller)
        asked = asking.erase_account(person=seller, now=NOW)
        registry.transfer_vehicle(vehicle=Vehicle.objects.get(), buyer=seller, now=NOW)
    running.run_erasure(erasure_id=asked.pk, now=NOW + timedelta(days=7))
    assert list(Trip.objects.values_list("owner_epoch", flat=True)) == [2]
    assert leaving.owned_epochs(Vehicle.objects.get().pk) == [2]
