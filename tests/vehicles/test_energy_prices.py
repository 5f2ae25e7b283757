"""Prices hold from a day on: never two at once, never a gap that nobody told, one currency, each step undoable."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.range import DateRange

from dimo.errors import DomainError
from tests.vehicles.factories import NOW, make_user, make_vehicle
from vehicles import energy_prices, registry
from vehicles.energy_prices import Period, Prices
from vehicles.models import EnergyPrice

EUR = Prices("EUR", home_per_kwh=Decimal("0.30"))
DAYS = st.integers(0, 40).map(lambda number: date(2026, 1, 1) + timedelta(days=number))
STEPS = st.lists(st.tuples(st.sampled_from(["set", "end", "remove"]), DAYS, st.integers(1, 9)), max_size=12)


def day(number, month=1):
    return date(2026, month, number)


def put(vehicle, since, **told):
    return energy_prices.set_prices(vehicle=vehicle, since=since, prices=EUR._replace(**told), now=NOW)


def periods(vehicle):
    rows = EnergyPrice.objects.filter(vehicle=vehicle).order_by("owner_epoch", "period__startswith")
    return [(row.period.lower, row.period.upper, row.home_per_kwh) for row in rows]


def at(found, moment):
    """What a list of periods says of a day; by the words of the rule, not by its code."""
    said = [each.prices for each in found if each.since <= moment and (each.until is None or moment < each.until)]
    assert len(said) < 2, "two prices at once"
    return said[0] if said else None


@given(STEPS)
def test_every_day_has_the_price_that_was_told_for_it_and_no_day_has_two(steps):
    found, days = (), [date(2026, 1, 1) + timedelta(days=number) for number in range(-1, 60)]
    for verb, since, cents in steps:
        before = {each: at(found, each) for each in days}
        starts = {each.since for each in found}
        holds = next((e for e in found if e.since <= since and (e.until is None or since < e.until)), None)
        until = holds.until if holds else min((each for each in starts if each > since), default=None)
        inside = [each for each in days if each >= since and (until is None or each < until)]
        if verb == "set":
            found = energy_prices.with_prices(found, since, EUR._replace(home_per_kwh=Decimal(cents)))
            assert all(at(found, each).home_per_kwh == cents for each in inside)
        elif verb == "end":
            found = energy_prices.ended(found, since)
            assert holds is None or all(at(found, each) is None for each in inside)
        elif since in starts:
            found = energy_prices.without(found, since)
            assert since not in {each.since for each in found}
            earlier = before[since - timedelta(days=1)] if since > days[0] else None
            assert all(at(found, each) == earlier for each in inside)
        else:
            inside = []
        changed = [] if verb == "end" and holds is None else inside
        assert {each: at(found, each) for each in days if each not in changed} == {
            each: before[each] for each in days if each not in changed
        }
        assert [each.since for each in found] == sorted({each.since for each in found})
        assert all(each.until is None or each.since < each.until for each in found)


@pytest.mark.django_db
def test_a_price_ends_what_held_before_and_stops_where_a_later_one_begins():
    vehicle = make_vehicle()
    put(vehicle, day(1))
    put(vehicle, day(20), home_per_kwh=Decimal("0.40"))
    put(vehicle, day(10), home_per_kwh=Decimal("0.35"))
    assert periods(vehicle) == [
        (day(1), day(10), Decimal("0.30")),
        (day(10), day(20), Decimal("0.35")),
        (day(20), None, Decimal("0.40")),
    ]
    told = list(energy_prices.prices_of(owner=vehicle.owner, vehicle=vehicle))
    assert energy_prices.in_force(told, epoch=1, day=day(19)).home_per_kwh == Decimal("0.35")
    assert energy_prices.in_force(told, epoch=1, day=day(20)).home_per_kwh == Decimal("0.40")
    assert energy_prices.in_force(told, epoch=1, day=date(2025, 12, 31)) is None
    assert energy_prices.in_force(told, epoch=2, day=day(20)) is None


@pytest.mark.django_db
def test_removing_lets_the_price_before_go_on_and_ending_leaves_days_untold():
    vehicle = make_vehicle()
    put(vehicle, day(1))
    put(vehicle, day(10), home_per_kwh=Decimal("0.35"))
    energy_prices.remove_prices(vehicle=vehicle, since=day(10))
    assert periods(vehicle) == [(day(1), None, Decimal("0.30"))]
    energy_prices.end_prices(vehicle=vehicle, since=day(15), now=NOW)
    assert periods(vehicle) == [(day(1), day(15), Decimal("0.30"))]
    put(vehicle, day(20))
    assert periods(vehicle) == [(day(1), day(15), Decimal("0.30")), (day(20), None, Decimal("0.30"))]
    with pytest.raises(EnergyPrice.DoesNotExist):
        energy_prices.remove_prices(vehicle=vehicle, since=day(16))


@pytest.mark.django_db
@given(STEPS.filter(bool))
def test_undoing_a_step_gives_back_what_was_there(steps):
    before, step = (Period(day(3), day(9), EUR), Period(day(12), None, EUR)), None
    with transaction.atomic():
        vehicle = make_vehicle()
        energy_prices.write(vehicle, (), before)
        for verb, since, cents in steps:
            was = periods(vehicle)
            if verb == "set":
                step = put(vehicle, since, home_per_kwh=Decimal(cents))
            elif verb == "end":
                step = energy_prices.end_prices(vehicle=vehicle, since=since, now=NOW)
            else:
                continue
            carried = energy_prices.heard(energy_prices.told(step))
            assert carried == step
            energy_prices.undo(vehicle=vehicle, step=carried)
            assert periods(vehicle) == was
            energy_prices.undo(vehicle=vehicle, step=carried._replace(before=step.after, after=step.before))
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_step_is_undone_only_while_nothing_followed_it():
    vehicle = make_vehicle()
    step = put(vehicle, day(1))
    put(vehicle, day(5))
    with pytest.raises(energy_prices.PricesChanged):
        energy_prices.undo(vehicle=vehicle, step=step)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "since", "code", "field"),
    [
        ({"currency": "EUX"}, day(1), "unknown_currency", "currency"),
        ({"currency": "USD"}, day(8), "currency_differs", "currency"),
        ({"home_per_kwh": None}, day(1), "no_price_told", "home_per_kwh"),
        ({"home_per_kwh": Decimal("-0.01")}, day(1), "price_out_of_range", "home_per_kwh"),
        ({"away_per_kwh": Decimal("NaN")}, day(1), "price_out_of_range", "away_per_kwh"),
        ({"fuel_per_liter": Decimal("1.23456")}, day(1), "price_out_of_range", "fuel_per_liter"),
        ({"fuel_per_liter": Decimal(100_000)}, day(1), "price_out_of_range", "fuel_per_liter"),
        ({"home_share_pct": 101}, day(1), "share_out_of_range", "home_share_pct"),
        ({}, date(206, 1, 1), "day_out_of_range", "since"),
        ({}, date(2040, 1, 1), "day_out_of_range", "since"),
    ],
)
def test_what_cannot_be_a_price_is_refused_by_its_field(told, since, code, field):
    vehicle = make_vehicle()
    put(vehicle, day(5))
    was = periods(vehicle)
    with pytest.raises(DomainError) as refused:
        put(vehicle, since, **told)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert periods(vehicle) == was


@pytest.mark.django_db
def test_the_currency_may_change_where_no_other_price_is_left():
    vehicle = make_vehicle()
    put(vehicle, day(5))
    put(vehicle, day(5), currency="usd")
    assert EnergyPrice.objects.get().currency == "USD"


@pytest.mark.django_db
def test_a_vehicle_has_at_most_200_periods(monkeypatch):
    vehicle = make_vehicle()
    monkeypatch.setattr(energy_prices, "MOST", 2)
    put(vehicle, day(1))
    put(vehicle, day(2))
    put(vehicle, day(2), home_per_kwh=Decimal(1))
    with pytest.raises(energy_prices.TooManyPrices):
        put(vehicle, day(3))


@pytest.mark.django_db
@pytest.mark.parametrize(("since", "currency"), [(20, "EUR"), (40, "USD")])
def test_the_database_itself_refuses_two_prices_of_a_day_and_two_currencies(since, currency):
    vehicle = make_vehicle()
    put(vehicle, day(1))
    energy_prices.end_prices(vehicle=vehicle, since=day(30), now=NOW)
    period = DateRange(day(1) + timedelta(days=since), None)
    with pytest.raises(IntegrityError), transaction.atomic():
        EnergyPrice.objects.create(vehicle=vehicle, owner_epoch=1, period=period, currency=currency, home_per_kwh=1)


@pytest.mark.django_db
def test_each_owner_has_their_own_prices_and_the_seller_reads_theirs_still(client):
    vehicle = make_vehicle()
    seller, buyer = vehicle.owner, make_user()
    put(vehicle, day(1))
    vehicle = registry.transfer_vehicle(vehicle=vehicle, buyer=buyer, now=NOW)
    put(vehicle, day(1), currency="USD", home_per_kwh=Decimal("0.2"))
    for person, price, status in ((seller, "0.3000", 404), (buyer, "0.2000", 200)):
        client.force_login(person)
        listed = client.get(reverse("api-energy-prices", args=[vehicle.public_id])).json()
        assert [each["home_per_kwh"] for each in listed] == [price]
        page = client.get(reverse("energy-prices", args=[vehicle.public_id])).content.decode()
        assert ("USD" in page, "Set prices" in page) == (person == buyer,) * 2
        body = {"since": "2026-01-02", "currency": "USD", "home_per_kwh": "0.2500"}
        for name in ("api-energy-prices", "energy-prices"):
            sent = {"content_type": "application/json"} if name.startswith("api") else {}
            answer = client.post(reverse(name, args=[vehicle.public_id]), body, **sent)
            assert answer.status_code == (302 if status == 200 and not sent else status)
        address = reverse("api-energy-price", args=[vehicle.public_id, "2026-01-02"])
        assert client.delete(address).status_code == status


@pytest.mark.django_db
def test_who_opened_the_page_before_handing_the_vehicle_over_writes_nothing_after(client, monkeypatch):
    before = make_vehicle()
    registry.transfer_vehicle(vehicle=before, buyer=make_user(), now=NOW)
    with pytest.raises(type(before).DoesNotExist):
        put(before, day(1))
    client.force_login(before.owner)
    monkeypatch.setattr("vehicles.energy_prices_pages.own_vehicle", lambda request, public_id: before)
    told = {"since": "2026-01-01", "currency": "EUR", "home_per_kwh": "0.3"}
    for name in ("energy-prices", "energy-prices-remove", "energy-prices-end"):
        assert client.post(reverse(name, args=[before.public_id]), told).status_code == 404
    assert not EnergyPrice.objects.exists()


@pytest.mark.django_db
def test_strangers_find_no_prices(client):
    vehicle = make_vehicle()
    put(vehicle, day(1))
    client.force_login(make_user())
    for name in ("energy-prices", "api-energy-prices"):
        assert client.get(reverse(name, args=[vehicle.public_id])).status_code == 404
    for name in ("energy-prices", "energy-prices-remove", "energy-prices-end", "energy-prices-undo"):
        assert client.post(reverse(name, args=[vehicle.public_id]), {"since": "2026-01-01"}).status_code == 404
    assert client.delete(reverse("api-energy-price", args=[vehicle.public_id, "2026-01-01"])).status_code == 404
    assert len(periods(vehicle)) == 1
