"""The yearly logbook: sums that add up, and a file that no spreadsheet can be fooled by."""

import csv
import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.urls import reverse
from psycopg.types.range import DateRange

from tests.vehicles.diary.world import MONTH, car, drives
from tests.vehicles.factories import make_user
from vehicles import registry, trip_edits, trips
from vehicles.diary.logbook import plain
from vehicles.models import EnergyPrice, NamedArea, Trip

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def year(source):
    """Three drives of two months, of which one is business and one private use."""
    first, second, third = drives(source, MONTH, MONTH + DAY, MONTH + 30 * DAY)
    trips.set_tag(trip=first, tag="business", now=MONTH + 2 * DAY)
    trips.set_tag(trip=second, tag="private")
    period = DateRange(date(2026, 10, 1), date(2026, 11, 1))
    EnergyPrice.objects.create(
        vehicle=source.vehicle, owner_epoch=1, currency="EUR", home_per_kwh="0.40", period=period
    )
    return first, second, third


def get(client, source, name="logbook", **query):
    client.force_login(source.vehicle.owner)
    return client.get(reverse(name), {"year": "2026", "vehicle": str(source.vehicle.public_id), **query})


def rows(answer):
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text[1:])))


def test_the_year_adds_up_by_tag_month_and_cost(client, django_assert_max_num_queries):
    source = car()
    year(source)
    get(client, source)
    with django_assert_max_num_queries(12):
        answer = client.get(reverse("logbook"), {"year": "2026", "vehicle": str(source.vehicle.public_id)})
    text = re.sub(r"\s+", " ", answer.content.decode())
    assert "6.0 km · 33.3%" in text
    assert "18.0 km · 3 drives" in text
    assert "€1.20" in text
    assert "1 drive has no known price." in text
    assert text.index("October") < text.index("November")
    assert ">1,000.0 km<" in text


def test_every_drive_is_listed_to_print_with_its_later_change(client):
    source = car()
    first, *_ = year(source)
    trips.set_note(trip=first, note="Visit of a customer", now=MONTH + 2 * DAY)
    text = get(client, source, lines="1").content.decode()
    assert "Visit of a customer" in text
    assert "Oct 7, 2026" in text


def test_the_file_has_local_times_with_their_offset_and_numbers_as_numbers(client):
    source = car()
    first, _, third = year(source)
    NamedArea.objects.create(owner=source.vehicle.owner, cell=first.start_cell, name="Home")
    answer = get(client, source, "logbook-csv")
    assert answer["Content-Disposition"] == 'attachment; filename="logbook-2026.csv"'
    one, _, last = rows(answer)
    assert (one["start"], one["time_zone"]) == ("2026-10-05T11:00:00+03:00", "Europe/Helsinki")
    assert (last["start"], last["trip"]) == ("2026-11-04T10:00:00+02:00", str(third.public_id))
    assert (one["from"], one["kept_as"], one["cost"], one["currency"]) == ("Home", "business", "0.60", "EUR")
    assert (one["distance_km"], one["odometer_start_km"], one["energy_kwh"]) == ("6.0", "1000.0", "1.500")
    assert one["changed_at"] == "2026-10-07T11:00:00+03:00"
    assert (last["cost"], last["changed_at"]) == ("", "")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", " =1", "\n=1"])
def test_no_cell_is_a_formula(client, text):
    assert plain(text).startswith("'")
    source = car(nickname="=cmd()")
    first, *_ = year(source)
    Trip.objects.filter(pk=first.pk).update(note=text)
    one = rows(get(client, source, "logbook-csv"))[0]
    assert one["vehicle"].startswith("'=")
    assert one["purpose"].startswith("'")


def test_words_that_are_no_formula_are_left_as_they_are():
    assert [plain(text) for text in ("A=b", "to town", "", "5 km")] == ["A=b", "to town", "", "5 km"]


def test_a_year_begins_and_ends_by_the_vehicles_clock(client):
    source = car(timezone="Pacific/Auckland")
    drives(source, MONTH.replace(year=2025, month=12, day=31, hour=12))
    assert len(rows(get(client, source, "logbook-csv"))) == 1
    assert rows(get(client, source, "logbook-csv", year="2025")) == []


def test_deleted_and_copied_drives_do_not_count(client):
    source = car()
    first, second, third = year(source)
    trip_edits.delete_trip(trip=second, actor=source.vehicle.owner, now=MONTH + 40 * DAY)
    Trip.objects.filter(pk=third.pk).update(duplicate_of=first)
    assert [row["trip"] for row in rows(get(client, source, "logbook-csv"))] == [str(first.public_id)]


def test_each_owner_has_a_logbook_of_their_own_time(client):
    source = car()
    year(source)
    seller, buyer = source.vehicle.owner, make_user()
    moved = registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=MONTH + 60 * DAY)
    client.force_login(seller)
    query = {"year": "2026", "vehicle": str(moved.public_id)}
    assert len(rows(client.get(reverse("logbook-csv"), query))) == 3
    client.force_login(buyer)
    assert rows(client.get(reverse("logbook-csv"), query)) == []
    client.force_login(make_user())
    for name in ("logbook", "logbook-csv"):
        assert client.get(reverse(name), query).status_code in {200, 404}
        assert b"Kumo" not in client.get(reverse(name), query).content


@pytest.mark.parametrize("query", [{"year": "x"}, {"year": "0"}, {"year": "99999"}, {"vehicle": "x"}])
def test_an_address_that_means_nothing_is_not_there(client, query):
    source = car()
    assert get(client, source, **query).status_code == 404


def test_who_has_no_vehicle_is_told_so(client):
    client.force_login(make_user())
    assert "No vehicle yet" in client.get(reverse("logbook")).content.decode()
    assert client.get(reverse("logbook-csv")).status_code == 404
