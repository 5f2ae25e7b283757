"""VINs: well formed, told by nobody, and one car here once."""

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from dimo.audit.models import AuditEvent
from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.factories import NOW, make_user, make_vehicle
from vehicles import registry, vin
from vehicles.models import Pairing, Vehicle, VinClaim

GOOD = "1M8GDM9AXKP042788"  # the worked example of 49 CFR 565's check digit
OTHER = "WVWZZZ1JZXW000001"


def with_check(text):
    return text[:8] + vin.check_digit(text) + text[9:]


def test_form_and_check_digit_are_looked_at_where_the_region_has_one():
    assert vin.normal(" 1m8gdm9a-xkp0 42788 ") == GOOD
    assert vin.normal("WVWZZZ1JZXW000001") == "WVWZZZ1JZXW000001"
    for wrong in (GOOD[:-1], GOOD[:-1] + "O", "1M8GDM9A1KP042788", "", "ÄM8GDM9AXKP042788", GOOD + "1"):
        with pytest.raises(vin.VinMalformed) as refusal:
            vin.normal(wrong)
        assert refusal.value.field == "vin"


@given(st.text(alphabet=vin.SIGNS, min_size=16, max_size=16), st.integers(0, 16), st.sampled_from(vin.SIGNS))
def test_one_wrong_sign_shows_unless_it_counts_the_same(tail, at, sign):
    number = with_check("1" + tail)
    changed = number[:at] + sign + number[at + 1 :]
    same = vin.VALUES[sign] == vin.VALUES[number[at]] or at == 8
    assert (vin.check_digit(changed) == vin.check_digit(number)) == same


@given(st.text(max_size=40))
def test_no_text_breaks_it(text):
    try:
        number = vin.normal(text)
    except vin.VinMalformed:
        return
    assert vin.decode(number, this_year=2026)


def test_maker_and_year_are_told_where_the_number_tells_them():
    number = with_check("5YJ3E1EA0KF000316")
    assert vin.decode(number, this_year=2026) == ("Tesla", 2019)
    assert vin.decode("WVWZZZ1JZXW000001", this_year=2026) == ("Volkswagen", None)
    assert vin.model_year("1G1AA0001A1000001", this_year=2026) == 1980
    assert vin.model_year("1G1AA0A01A1000001", this_year=2026) == 2010
    assert vin.masked(GOOD) == "•" * 13 + "2788"


def enter(vehicle, number=GOOD):
    return registry.enter_vin(vehicle=vehicle, owner=vehicle.owner, vin=number, now=NOW)


@pytest.mark.django_db
def test_the_database_holds_no_vin_in_clear_and_only_its_owner_reads_it(client):
    vehicle = make_vehicle()
    assert enter(vehicle) is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT v::text FROM vehicles_vehicle v UNION ALL SELECT e::text FROM dimo_auditevent e")
        rows = "".join(row for (row,) in cursor.fetchall())
    assert GOOD not in rows
    assert GOOD.encode().hex() not in rows
    vehicle.refresh_from_db()
    assert registry.masked_vin(vehicle=vehicle).endswith("2788")
    with pytest.raises(registry.NotTheOwner):
        registry.reveal_vin(vehicle=vehicle, reader=make_user(), now=NOW)
    client.force_login(vehicle.owner)
    assert GOOD not in client.get(reverse("vehicle-vin", args=[vehicle.public_id])).content.decode()
    assert not AuditEvent.objects.filter(action="vehicle.vin_revealed").exists()
    assert GOOD in client.post(reverse("vin-reveal", args=[vehicle.public_id])).content.decode()
    assert AuditEvent.objects.get(action="vehicle.vin_revealed").actor == vehicle.owner


@pytest.mark.django_db
def test_a_second_owner_learns_nothing_of_the_first_and_an_operator_decides(client):
    first, second = make_vehicle(nickname="Secretname"), make_vehicle()
    enter(first)
    client.force_login(second.owner)
    url = reverse("vehicle-vin", args=[second.public_id])
    page = client.post(url, {"vin": GOOD}, follow=True).content.decode()
    assert "ask the seller to hand it over" in page
    assert first.owner.email not in page
    assert "Secretname" not in page
    second.refresh_from_db()
    assert second.vin_tag is None
    claim = VinClaim.objects.get(state="open")
    operator = make_user(is_staff=True)
    registry.settle_claim(claim=claim, granted=True, operator=operator, now=NOW)
    registry.settle_claim(claim=claim, granted=False, operator=operator, now=NOW)
    assert list(Vehicle.objects.exclude(vin_tag=None)) == [second]
    second.refresh_from_db()
    assert registry.reveal_vin(vehicle=second, reader=second.owner, now=NOW) == GOOD


@pytest.mark.django_db
def test_a_refused_entry_says_the_field_and_guessing_ends_after_five_a_day(client):
    vehicle = make_vehicle()
    client.force_login(vehicle.owner)
    url = reverse("vehicle-vin", args=[vehicle.public_id])
    answer = client.post(url, {"vin": "1M8GDM9A1KP042788"})
    assert answer.status_code == 422
    assert "check digit" in answer.content.decode()
    numbers = [f"WVWZZZ1JZXW00000{n}" for n in range(6)]
    assert [client.post(url, {"vin": number}).status_code for number in numbers] == [302] * 5 + [429]


@pytest.mark.django_db
def test_two_cars_of_one_person_cannot_be_one_and_a_retired_car_gives_its_vin_free():
    first = make_vehicle()
    second = make_vehicle(owner=first.owner)
    enter(first)
    with pytest.raises(registry.VinOfYours):
        enter(second)
    registry.retire_vehicle(vehicle=first, now=NOW)
    assert enter(second) is None


@pytest.mark.django_db
def test_make_and_year_are_filled_in_and_never_overwritten():
    empty, told = make_vehicle(make=""), make_vehicle(make="Own words", year=2001)
    enter(empty, with_check("5YJ3E1EA0KF000316"))
    enter(told, with_check("5YJ3E1EA0KF000317"))
    assert [(v.make, v.year) for v in Vehicle.objects.order_by("pk")] == [("Tesla", 2019), ("Own words", 2001)]


@pytest.mark.django_db
def test_a_device_in_another_car_is_noticed_without_keeping_its_vin(client):
    device = make_client()
    enter(device.vehicle)
    client.force_login(device.vehicle.owner)
    page = reverse("vehicle", args=[device.vehicle.public_id])

    def tell(told):
        data = {"signals": [reading()], "vin": told}
        assert post(client, [device.signed([], data=data)]).json()["accepted"] == 1
        return "tells another VIN" in client.get(page).content.decode()

    assert [tell(GOOD), tell(OTHER), tell(OTHER), tell("nonsense"), tell(GOOD.lower())] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert len(bytes(Pairing.objects.get().vin_told)) == 32
    post(client, [device.signed([], data={"signals": [reading(ago=1)], "vin": 7})])


@pytest.mark.django_db
@pytest.mark.parametrize(("action", "state"), [("grant", "granted"), ("refuse", "refused")])
def test_an_operator_decides_a_claim_in_the_admin(admin_client, action, state):
    enter(make_vehicle())
    claim = enter(make_vehicle())
    admin_client.post("/admin/vehicles/vinclaim/", {"action": action, "_selected_action": [str(claim.pk)]})
    claim.refresh_from_db()
    assert claim.state == state
