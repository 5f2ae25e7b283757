"""Pages and API of charging: complete, cheap, the owner's alone, and every refusal at its field."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.vehicles.charging.charges import charge, drive, messages
from tests.vehicles.factories import make_source, make_user, make_vehicle
from vehicles import energy_prices, registry, telemetry
from vehicles.charging import sessions
from vehicles.energy_prices import Prices
from vehicles.models import ChargingPlace, ChargingSession
from vehicles.signals import LATITUDE, LONGITUDE

pytestmark = pytest.mark.django_db
HERE = {LATITUDE: 60.17, LONGITUDE: 24.94}


def stored(source, points):
    readings = [each._replace(values=each.values | HERE) for each in messages(points)]
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=timezone.now())
    return sessions.cut_sessions(vehicle=source.vehicle, source=source, since=points[0].at, until=points[-1].at)


def charged(vehicle=None, points=None):
    """A source of a vehicle, with charges cut."""
    source = make_source(vehicle or make_vehicle(powertrain="electric"))
    stored(source, points or charge())
    return source


def priced(vehicle, **told):
    prices = Prices("EUR", **{name: Decimal(value) for name, value in told.items()})
    energy_prices.set_prices(
        vehicle=vehicle, since=timezone.now().date() - timedelta(days=3000), prices=prices, now=timezone.now()
    )


@pytest.fixture
def owner(client):
    source = charged()
    client.force_login(source.vehicle.owner)
    return source


def say(client, session, **told):
    return client.post(reverse("charge", args=[session.public_id]), told)


def test_the_list_tells_each_charge_with_sums_in_a_bounded_number_of_queries(
    client, owner, django_assert_max_num_queries
):
    for start in (200, 400, 600):
        stored(owner, charge(start, soc=40.0))
    with django_assert_max_num_queries(22):
        page = client.get(reverse("charging", args=[owner.vehicle.public_id])).content.decode()
    assert "48.0 kWh" in page
    assert page.count("by the car&#x27;s own counter") == 4
    assert "cost unknown" in page
    assert "Since the last charge" in page


def test_a_cost_follows_from_place_and_price_until_the_owner_says_what_was_paid(client, owner):
    session = owner.charging_sessions.get()
    shown = reverse("charge", args=[session.public_id])
    assert "whether this was at home" in client.get(shown).content.decode()
    assert say(client, session, say="place", place="home").status_code == 302
    assert "no price for that day" in client.get(shown).content.decode()
    priced(owner.vehicle, home_per_kwh="0.3", away_per_kwh="0.5")
    page = client.get(shown).content.decode()
    assert "€3.60" in page
    assert "12.00 kWh at 0.30 EUR/kWh" in page
    say(client, session, say="paid", paid="4.20", paid_currency="usd")
    assert "$4.20" in client.get(shown).content.decode()
    say(client, session, say="paid", paid="", paid_currency="USD")
    assert "€3.60" in client.get(shown).content.decode()


def test_a_word_on_an_area_names_its_other_charges_and_one_charge_may_differ(client, owner):
    session = owner.charging_sessions.get()
    other = ChargingSession.objects.create(
        vehicle=owner.vehicle,
        owner_epoch=1,
        source=owner,
        started_at=session.started_at - timedelta(days=2),
        ended_at=session.started_at - timedelta(days=1),
        readings=2,
        cell=session.cell,
        energy_kwh=10,
        energy_method="counter",
    )
    priced(owner.vehicle, home_per_kwh="0.3", away_per_kwh="0.5")
    say(client, session, say="place", place="home", whole_area="on")
    told = client.get(reverse("api-charges", args=[owner.vehicle.public_id])).json()["results"]
    assert [each["place"] for each in told] == ["home", "home"]
    say(client, other, say="place", place="away")
    told = client.get(reverse("api-charges", args=[owner.vehicle.public_id])).json()["results"]
    assert [(each["place"], each["cost"]["amount"]) for each in told] == [("home", "3.60"), ("away", "5.00")]
    say(client, session, say="place", place="", whole_area="on")
    assert not ChargingPlace.objects.exists()


def test_what_cannot_be_is_refused_at_its_field(client, owner):
    session = owner.charging_sessions.get()
    for told, form, field in (
        ({"say": "paid", "paid": "-1", "paid_currency": "EUR"}, "paid_form", "paid"),
        ({"say": "paid", "paid": "1", "paid_currency": "EUX"}, "paid_form", "paid_currency"),
        ({"say": "paid", "paid": "1"}, "paid_form", "paid_currency"),
        ({"say": "place", "place": "mars"}, "place_form", "place"),
    ):
        answer = say(client, session, **told)
        assert (answer.status_code, list(answer.context[form].errors)) == (422, [field])
    assert say(client, session, say="nothing").status_code == 422
    ChargingSession.objects.update(cell="")
    answer = say(client, session, say="place", place="home", whole_area="on")
    assert answer.status_code == 422
    assert "No position was told" in answer.content.decode()


def test_the_api_tells_and_takes_the_same(client, owner):
    session = owner.charging_sessions.get()
    one = reverse("api-charge", args=[session.public_id])
    told = client.get(one).json()
    assert (told["energy_kwh"], told["energy_method"], told["cost"]["how"]) == (12.0, "counter", "no_place")
    assert len(told["curve"]) == session.readings
    send = {"content_type": "application/json"}
    told = client.patch(one, {"paid": "3.5", "paid_currency": "EUR", "place": "away"}, **send).json()
    assert (told["cost"], told["place"]) == (
        {"amount": "3.50", "currency": "EUR", "how": "paid", "said": told["cost"]["said"]},
        "away",
    )
    assert client.patch(one, {"paid": "4"}, **send).json()["cost"]["amount"] == "4.00"
    for body, field in (
        ({"paid": "x"}, "paid"),
        ({"place": "moon"}, "place"),
        ({"paid": "1", "paid_currency": "ABC"}, "paid_currency"),
    ):
        answer = client.patch(one, body, **send)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert client.patch(one, {"paid": None}, **send).json()["paid"] is None


def test_a_second_record_is_shown_and_costs_nothing(client, owner):
    other = charged(owner.vehicle, [each._replace(at=each.at + timedelta(seconds=9)) for each in charge()])
    copy = other.charging_sessions.get()
    assert copy.duplicate_of is not None
    page = client.get(reverse("charging", args=[owner.vehicle.public_id])).content.decode()
    assert "told twice, counted once" in page
    assert "<b>12.0 kWh</b>" in page
    answer = say(client, copy, say="paid", paid="1", paid_currency="EUR")
    assert "second record" in answer.content.decode()
    assert client.get(reverse("charge", args=[copy.public_id])).status_code == 200


ADDRESSES = ("charging", "battery", "battery-aging", "api-charges", "api-battery")
OF_ONE = ("charge", "charge-curve", "api-charge")


def test_strangers_find_nothing_and_change_nothing(client, owner):
    session = owner.charging_sessions.get()
    client.force_login(make_user())
    for name in ADDRESSES:
        assert client.get(reverse(name, args=[owner.vehicle.public_id])).status_code == 404
    for name in OF_ONE:
        assert client.get(reverse(name, args=[session.public_id])).status_code == 404
    assert say(client, session, say="place", place="home").status_code == 404
    body = {"paid": "1", "paid_currency": "EUR"}
    assert (
        client.patch(reverse("api-charge", args=[session.public_id]), body, content_type="application/json").status_code
        == 404
    )
    for name in ("battery-sharing", "api-battery-sharing"):
        address = reverse(name, args=[owner.vehicle.public_id])
        assert (
            client.post(
                address, {"shared": True}, content_type="application/json", headers={"Idempotency-Key": "k"}
            ).status_code
            == 404
        )
    part = reverse("since-charge")
    assert client.get(part, {"vehicle": str(owner.vehicle.public_id)}).status_code == 404
    client.logout()
    assert client.get(reverse("api-charge", args=[session.public_id])).status_code in (401, 403)


def test_the_seller_keeps_their_charges_and_the_buyer_sees_none_of_them(client, owner):
    session, seller, buyer = owner.charging_sessions.get(), owner.vehicle.owner, make_user()
    vehicle = registry.transfer_vehicle(vehicle=owner.vehicle, buyer=buyer, now=timezone.now())
    for person, status, count in ((seller, 200, 1), (buyer, 404, 0)):
        client.force_login(person)
        for name in OF_ONE:
            assert client.get(reverse(name, args=[session.public_id])).status_code == status
        assert len(client.get(reverse("api-charges", args=[vehicle.public_id])).json()["results"]) == count
        for name in ADDRESSES:
            assert client.get(reverse(name, args=[vehicle.public_id])).status_code == 200
        page = client.get(reverse("charging", args=[vehicle.public_id])).content.decode()
        assert ("12.0 kWh" in page) == (person == seller)
    assert client.get(reverse("since-charge"), headers={"HX-Request": "true"}).content == b""


def test_pages_without_a_charge_say_so(client):
    vehicle = make_vehicle(powertrain="electric")
    client.force_login(vehicle.owner)
    assert "No charge yet" in client.get(reverse("charging", args=[vehicle.public_id])).content.decode()
    assert "Not enough yet" in client.get(reverse("battery", args=[vehicle.public_id])).content.decode()
    assert client.get(reverse("since-charge")).status_code == 404
    assert client.get(reverse("charging", args=[vehicle.public_id]), {"year": "abc"}).status_code == 200


@pytest.mark.parametrize(
    ("powertrain", "tab"), [("electric", True), ("plug_in", True), ("combustion", False), ("", False)]
)
def test_tabs_of_a_battery_stand_where_there_is_one(client, powertrain, tab):
    vehicle = make_vehicle(powertrain=powertrain)
    client.force_login(vehicle.owner)
    page = client.get(reverse("vehicle", args=[vehicle.public_id])).content.decode()
    assert (reverse("battery", args=[vehicle.public_id]) in page) == tab
    if not tab:
        charged(vehicle)
        page = client.get(reverse("vehicle", args=[vehicle.public_id])).content.decode()
        assert reverse("charging", args=[vehicle.public_id]) in page


def test_the_curve_is_drawn_from_the_session_itself(client, owner):
    session = owner.charging_sessions.get()
    told = client.get(reverse("charge-curve", args=[session.public_id])).json()
    assert [plot["unit"] for plot in told["plots"]] == ["kW", "%"]
    assert len(told["t"]) == len(told["plots"][0]["values"]) == session.readings
    assert told["t"][0] == session.started_at.timestamp()


def test_since_the_last_charge_a_drive_counts_and_what_is_missing_is_said(client, owner):
    stored(owner, drive(65, soc=64.0, km=1000.0))
    page = client.get(
        reverse("since-charge"), {"vehicle": str(owner.vehicle.public_id)}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "24 km" in page
    assert "No trip yet" in page
    assert "58%" in page
