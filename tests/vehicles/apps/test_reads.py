"""What an app is told: no more than its token and its owner's grant both say, as coarsely as they say it."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import h3
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dimo.audit.models import AccessEntry
from tests.vehicles.apps.world import authorized, give_drive, make_app, make_reading
from tests.vehicles.factories import make_user, make_vehicle
from vehicles import app_grants, registry, trips
from vehicles.models import AppGrant, Trip
from vehicles.signals import by_name

pytestmark = pytest.mark.django_db
SPEED, SOC, LAT = "speed", "powertrainTractionBatteryStateOfChargeCurrent", "currentLocationLatitude"
CELL, ODOMETER = "currentLocationCell7", "powertrainTransmissionTravelledDistance"


def path(vehicle, rest: str) -> str:
    return f"/api/v1/vehicles/{vehicle.public_id}/{rest}"


def history(reading, vehicle, *names, **query):
    since = (timezone.now() - timedelta(days=3)).isoformat()
    asked = {"from": since, "page_size": 5000, **query}
    return reading.get(path(vehicle, "signals/"), names=",".join(names), **asked)


def test_the_list_tells_of_the_chosen_vehicles_alone():
    owner = make_user()
    chosen, other = make_vehicle(owner=owner, model="One"), make_vehicle(owner=owner, model="Two")
    reading = authorized(owner, make_app()[0], [chosen])
    [told] = reading.get("/api/v1/vehicles/").json()["results"]
    assert (told["id"], told["model"]) == (str(chosen.public_id), "One")
    assert told["scopes"] == ["battery", "location:precise", "trips", "vehicles"]
    assert reading.get(path(other, "trips/")).status_code == 404
    assert reading.get(path(make_vehicle(), "signals/latest")).status_code == 404


def test_without_the_class_of_a_vehicles_facts_only_its_id_is_told():
    reading, _ = make_reading(levels={"battery": "exact"})
    [told] = reading.get("/api/v1/vehicles/").json()["results"]
    assert set(told) == {"id", "scopes", "expires_at"}


def test_newest_values_are_of_allowed_classes_alone():
    vehicle = make_vehicle()
    give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle], levels={"battery": "exact"})
    told = {value["name"] for value in reading.get(path(vehicle, "signals/latest")).json()}
    assert told == {SOC}
    none = authorized(vehicle.owner, make_app(name="Other")[0], [vehicle], levels={"trips": "exact"})
    refused = none.get(path(vehicle, "signals/latest"))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_granted")


def test_history_is_told_page_by_page_without_loss_or_repetition():
    vehicle = make_vehicle()
    give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle])
    whole = history(reading, vehicle, SOC, LAT).json()["results"]
    assert len(whole) == 2 * 241
    found, address = [], None
    while True:
        page = (reading.get(address) if address else history(reading, vehicle, SOC, LAT, page_size=100)).json()
        found += page["results"]
        if page["next"] is None:
            break
        address = page["next"].removeprefix("http://testserver")
    assert found == whole


def test_history_names_what_is_withheld_and_what_it_would_take():
    reading, vehicle = make_reading(levels={"location": "coarse"})
    told = history(reading, vehicle, LAT, CELL, SOC).json()
    assert told["withheld"] == [{"name": LAT, "missing": "location:precise"}, {"name": SOC, "missing": "battery.soc"}]
    refused = history(reading, vehicle, SOC).json()
    assert (refused["code"], refused["facts"]["missing"], refused["facts"]["lacks"]) == (
        "not_granted",
        "battery.soc",
        "owner",
    )


def test_coarse_positions_are_areas_per_quarter_hour_without_the_ends_of_trips():
    vehicle = make_vehicle()
    start = give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle], levels={"location": "coarse", "trips": "coarse"})
    rows = history(reading, vehicle, CELL, LAT).json()["results"]
    assert rows
    assert {row["value"] for row in rows} == {None}
    assert all(h3.get_resolution(row["text"]) == 7 for row in rows)
    assert all(datetime.fromisoformat(row["timestamp"]).minute % 15 == 0 for row in rows)
    home, goal = h3.latlng_to_cell(50.0, 10.0, 7), h3.latlng_to_cell(50.0 + 2400 * 16.7 / 111_195, 10.0, 7)
    assert not {home, goal} & {row["text"] for row in rows}
    [trip] = reading.get(path(vehicle, "trips/")).json()["results"]
    assert set(trip) == {"id", "started_at", "ended_at", "distance_km", "cells"}
    assert set(trip["cells"]) == {row["text"] for row in rows}
    assert datetime.fromisoformat(trip["started_at"]) == start.astimezone(UTC)
    assert datetime.fromisoformat(trip["ended_at"]).minute % 15 == 0
    assert trip["distance_km"] == round(trip["distance_km"])


def test_coarse_gauges_are_hourly_and_stepped_and_an_hour_that_runs_is_not_told():
    vehicle = make_vehicle()
    give_drive(vehicle)
    give_drive(vehicle, ago=timedelta(0), minutes=1)
    levels = {"battery": "coarse", "behavior": "coarse"}
    app, _ = make_app()
    reading = authorized(vehicle.owner, app, [vehicle], levels=levels, scope="battery:coarse behavior")
    rows = history(reading, vehicle, SOC, SPEED).json()["results"]
    charge = [row for row in rows if row["name"] == SOC]
    assert [row["value"] % 1 for row in charge] == [0.0]
    assert datetime.fromisoformat(charge[0]["timestamp"]).minute == 0
    assert all(row["value"] % 5 == 0 for row in rows if row["name"] == SPEED)
    assert {datetime.fromisoformat(r["timestamp"]) < timezone.now() - timedelta(minutes=15) for r in rows} == {True}


def test_a_part_of_a_bin_cannot_be_asked_for():
    vehicle = make_vehicle()
    start = give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle], levels={"battery": "coarse"})
    hour = history(reading, vehicle, SOC).json()["results"]
    parts = [
        history(reading, vehicle, SOC, **{"from": (start + a).isoformat(), "to": (start + b).isoformat()}).json()
        for a, b in ((timedelta(0), timedelta(minutes=1)), (timedelta(minutes=17), timedelta(minutes=18)))
    ]
    assert [part["results"] for part in parts] == [hour, hour]


def test_private_and_deleted_trips_are_never_told():
    vehicle = make_vehicle()
    give_drive(vehicle, ago=timedelta(hours=30))
    give_drive(vehicle, ago=timedelta(hours=10), lat=51.0)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle])
    assert len(reading.get(path(vehicle, "trips/")).json()["results"]) == 2
    late = Trip.objects.order_by("started_at").last()
    trips.set_private(trip=late, private=True)
    [told] = reading.get(path(vehicle, "trips/")).json()["results"]
    assert told["id"] != str(late.public_id)
    rows = history(reading, vehicle, SOC, LAT).json()["results"]
    assert max(row["timestamp"] for row in rows) < late.started_at.isoformat()
    assert reading.get(path(vehicle, "signals/latest")).json() == []


def test_ends_of_trips_are_points_under_precise_location():
    vehicle = make_vehicle()
    give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle])
    [trip] = reading.get(path(vehicle, "trips/")).json()["results"]
    assert trip["start"] == {"latitude": 50.0, "longitude": 10.0}
    assert trip["soc_used_pct"] == pytest.approx(24.0)
    assert "max_speed_kmh" not in trip


def test_the_cursor_of_trips_tells_nothing_finer_than_the_page():
    vehicle = make_vehicle()
    for hours in (50, 30, 10):
        give_drive(vehicle, ago=timedelta(hours=hours))
    reading = authorized(vehicle.owner, make_app()[0], [vehicle], levels={"trips": "coarse"})
    first = reading.get(path(vehicle, "trips/"), page_size=2).json()
    cursor = unquote(first["next"].partition("cursor=")[2].partition("&")[0])
    assert b"p=" not in base64.urlsafe_b64decode(cursor)
    rest = reading.get(first["next"].removeprefix("http://testserver")).json()
    assert len(first["results"]) + len(rest["results"]) == 3
    broken = reading.get(path(vehicle, "trips/"), cursor="cD0yMDI2")
    assert (broken.status_code, broken.json()["code"]) == (404, "not_found")


def test_what_was_measured_before_is_told_only_where_the_owner_said_so():
    vehicle = make_vehicle()
    give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle], history=False)
    assert history(reading, vehicle, SOC).json()["results"] == []
    assert reading.get(path(vehicle, "trips/")).json()["results"] == []
    assert reading.get(path(vehicle, "signals/latest")).json() == []


def test_a_former_owners_app_finds_nothing_and_the_new_owner_gave_none():
    vehicle = make_vehicle()
    give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle])
    registry.transfer_vehicle(vehicle=vehicle, buyer=make_user(), now=timezone.now())
    assert reading.get(path(vehicle, "signals/latest")).status_code == 401
    assert AppGrant.objects.get().ended_because == "handed_over"


def test_of_two_vehicles_the_one_that_was_handed_over_is_not_there_any_more():
    owner = make_user()
    kept, sold = make_vehicle(owner=owner), make_vehicle(owner=owner)
    reading = authorized(owner, make_app()[0], [kept, sold])
    registry.transfer_vehicle(vehicle=sold, buyer=make_user(), now=timezone.now())
    assert reading.get(path(sold, "trips/")).status_code == 404
    assert reading.get(path(kept, "trips/")).status_code == 200
    assert [row["id"] for row in reading.get("/api/v1/vehicles/").json()["results"]] == [str(kept.public_id)]


def test_an_interval_gives_means_and_the_owner_reads_by_the_same_address(client):
    vehicle = make_vehicle()
    give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle])
    rows = history(reading, vehicle, SOC, interval="15m").json()["results"]
    assert [row["value"] for row in rows][:2] == pytest.approx([80 - 4.45, 80 - 13.45])
    client.force_login(vehicle.owner)
    own = history(client_of(client), vehicle, SOC, interval="15m").json()
    assert own["results"] == rows
    assert not AccessEntry.objects.filter(what="signals", reader_name="").exists()


class client_of:  # noqa: N801
    def __init__(self, client):
        self.client = client

    def get(self, address, **query):
        return self.client.get(address, query)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"names": "nothing"}, "signal_unknown"),
        ({"names": ""}, "invalid"),
        ({"names": SOC, "from": "2020-01-01T00:00:00Z"}, "period_not_readable"),
        ({"names": SOC, "from": "2026-01-01T00:00:00Z", "to": "2025-01-01T00:00:00Z"}, "period_not_readable"),
        ({"names": SOC, "cursor": "%%%"}, "cursor_unreadable"),
        ({"names": SOC, "cursor": "OTk5OTk5IDE="}, "cursor_unreadable"),
        ({"names": SOC, "from": "0001-01-01T00:00:00+14:00", "to": "0001-01-02T00:00:00Z"}, "invalid"),
        ({"names": SOC, "to": "9999-12-31T23:59:59-14:00"}, "invalid"),
        ({"names": SOC, "interval": "2m"}, "invalid"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(query, code):
    reading, vehicle = make_reading()
    answer = reading.get(path(vehicle, "signals/"), **query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    "period", [("0001-01-01", "0001-12-31"), ("9999-01-01", "9999-12-31"), ("1969-12-30", "1970-01-03")]
)
@pytest.mark.parametrize("interval", [{}, {"interval": "1d"}])
def test_a_period_at_the_ends_of_time_is_empty(period, interval):
    reading, vehicle = make_reading()
    since, until = (f"{day}T00:00:00Z" for day in period)
    answer = reading.get(path(vehicle, "signals/"), names=SOC, to=until, **{"from": since}, **interval)
    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_the_decision_is_one_query_and_the_entry_one_more():
    reading, _ = make_reading()
    reading.get("/api/v1/vehicles/")
    with CaptureQueriesContext(connection) as seen:
        assert reading.get("/api/v1/vehicles/").status_code == 200
    asked = [query["sql"] for query in seen.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) == 3  # the token, the grant with its vehicles, the entry
    assert sum("dimo_accessentry" in sql for sql in asked) == 1


def test_a_grant_that_ran_out_answers_nothing(monkeypatch):
    reading, vehicle = make_reading()
    late = timezone.now() + timedelta(days=366)
    assert not AppGrant.objects.filter(expires_at__gt=late).exists()
    monkeypatch.setattr("vehicles.apps_api.now", lambda: late)
    assert reading.get("/api/v1/vehicles/").json()["code"] == "grant_ended"
    assert reading.get(path(vehicle, "trips/")).status_code == 404


def test_narrowing_counts_for_the_next_read():
    vehicle = make_vehicle()
    give_drive(vehicle)
    reading = authorized(vehicle.owner, make_app()[0], [vehicle])
    grant = AppGrant.objects.get()
    assert history(reading, vehicle, LAT).status_code == 200
    app_grants.narrow_grant(
        owner=vehicle.owner, grant_id=grant.pk, vehicles=[vehicle], scopes=["battery:coarse"], now=timezone.now()
    )
    assert history(reading, vehicle, LAT).status_code == 403
    assert {row["value"] % 1 for row in history(reading, vehicle, SOC).json()["results"]} == {0.0}
    with pytest.raises(app_grants.OnlyNarrower):
        app_grants.narrow_grant(
            owner=vehicle.owner, grant_id=AppGrant.objects.get(revoked_at=None).pk, vehicles=[vehicle],
            scopes=["battery"], now=timezone.now(),
        )  # fmt: skip
    assert AppGrant.objects.count() == 2  # what was said before is kept


assert {SPEED, SOC, LAT, CELL, ODOMETER} <= by_name.keys()
