"""What is being erased is in no dataset, from the moment it was asked, and sales that were made stay whole."""

import pytest

from licensing.models import Contribution
from rewards import settlement
from tests.licensing import factories as make
from tests.licensing.test_build import build, pid_of, rows_of
from vehicles.erasure import asking, running
from vehicles.models import Trip, Vehicle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("withdrawn", [True, False])
def test_a_vehicle_being_erased_is_in_no_dataset_whether_or_not_its_consent_was_withdrawn(monkeypatch, withdrawn):
    union = make.union()
    fleet = make.fleet(union, 6)
    license = make.license(union)
    names = {pid_of(license, row) for row in fleet}
    if not withdrawn:
        monkeypatch.setattr(asking, "topmost_first", list)  # as if no room ended anything
    asking.erase_vehicle(owner=fleet[0].member, vehicle=fleet[0].vehicle, now=make.NOW)
    told = {row["pid"] for row in rows_of(build(license))}
    assert told == names - {pid_of(license, fleet[0])}


def test_a_vehicle_that_was_sold_leaves_a_row_without_facts_and_the_sale_as_it_was():
    union = make.union()
    fleet = make.fleet(union, 6)
    license = build(make.license(union))
    before = list(Contribution.objects.order_by("pk").values())
    gone = fleet[0]
    asked = asking.erase_vehicle(owner=gone.member, vehicle=gone.vehicle, now=make.NOW)
    done = running.run_erasure(erasure_id=asked.pk, now=make.NOW)
    assert done.state == "done"
    assert list(Contribution.objects.order_by("pk").values()) == before
    left = Vehicle.objects.get(pk=gone.vehicle_id)
    assert (left.nickname, left.make, left.model, left.year, left.vin_sealed) == ("", "", "", None, None)
    assert not Trip.objects.filter(vehicle=left).exists()
    settlement.settle_license(license_id=license.pk, now=make.NOW)
    license.refresh_from_db()
    assert license.state == "settled"
