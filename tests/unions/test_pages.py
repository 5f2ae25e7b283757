"""The room's pages as people use them."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.unions.factories import DAY, allow, member, union, user, vehicle
from unions import membership, roles
from unions.matrix import matrix_of
from unions.models import ConsentEvent, Membership, PolicyVersion, Seat, Terms, Union
from unions.vocabulary import MATRIX_CLASSES

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def cell_of(row: Membership, signal_class: str) -> str:
    shown = matrix_of(member=row.member, now=timezone.now(), vehicle=row.vehicle.public_id)
    return shown.rows[MATRIX_CLASSES.index(signal_class)].cells[0].level


def change(row: Membership, signal_class: str, level: str) -> dict[str, str]:
    return {
        "vehicle": str(row.vehicle.public_id),
        "union": row.union.slug,
        "signal_class": signal_class,
        "level": level,
    }


def now_member(**fields) -> Membership:
    return member(union(now=timezone.now() - DAY), now=timezone.now() - DAY, **fields)


def test_the_matrix_starts_at_off_everywhere():
    row = now_member()
    page = signed_in(row.member).get(reverse("consent"))
    assert page.status_code == 200
    assert {cell.level for line in page.context["rows"] for cell in line.cells} == {"off"}


def test_a_raise_is_signed_and_a_lowering_takes_one_click():
    row = now_member()
    client = signed_in(row.member)
    answer = client.post(
        reverse("consent-raise"),
        {
            "vehicle": row.vehicle.public_id,
            "change": [f"{row.union.slug}/battery/exact", f"{row.union.slug}/energy/coarse"],
        },
        headers=HTMX,
    )
    assert answer.status_code == 200
    assert (cell_of(row, "battery"), cell_of(row, "energy")) == ("exact", "coarse")
    answer = client.post(reverse("consent-set"), change(row, "battery", "off"), headers=HTMX)
    assert f"cell-{row.union.slug}-battery" in answer.content.decode()
    assert cell_of(row, "battery") == "off"


def test_several_raises_are_signed_together_or_not_at_all():
    row = now_member()
    changes = [f"{row.union.slug}/battery/exact", f"{row.union.slug}/battery/loud"]
    answer = signed_in(row.member).post(
        reverse("consent-raise"), {"vehicle": row.vehicle.public_id, "change": changes}, headers=HTMX
    )
    assert answer.status_code == 422
    assert not ConsentEvent.objects.exists()


def test_undo_gives_back_what_was_lowered_with_its_past():
    row = now_member()
    allow(row, "battery", "exact", now=timezone.now() - DAY / 2)
    before = ConsentEvent.objects.get()
    client = signed_in(row.member)
    client.post(reverse("consent-set"), change(row, "battery", "off"), headers=HTMX)
    client.post(reverse("consent-undo"), change(row, "battery", ""), headers=HTMX)
    again = ConsentEvent.objects.latest("seq")
    assert (again.kind, again.data_from, again.valid_until) == ("grant", before.data_from, before.valid_until)
    assert cell_of(row, "battery") == "exact"


def test_pause_and_resume_take_one_click_each():
    row = now_member()
    client = signed_in(row.member)
    assert "Pause for 24 hours" in client.get(reverse("consent")).content.decode()
    client.post(reverse("consent-pause"), {"action": "pause"})
    assert "End the pause" in client.get(reverse("consent")).content.decode()
    client.post(reverse("consent-pause"), {"action": "resume"})
    assert "Pause for 24 hours" in client.get(reverse("consent")).content.decode()


def test_the_history_shows_every_word():
    row = now_member()
    allow(row, "battery", "exact", now=timezone.now())
    page = signed_in(row.member).get(reverse("consent-history"))
    assert [line["level"] for line in page.context["lines"]] == ["exact"]
    assert signed_in(user()).get(reverse("consent-history")).context["lines"] == []


def test_joining_and_leaving_take_the_same_number_of_clicks():
    of = union(now=timezone.now() - DAY)
    car = vehicle()
    client = signed_in(car.owner)
    assert client.get(reverse("union-join", args=[of.slug])).status_code == 200
    client.post(reverse("union-join", args=[of.slug]), {"vehicle": car.public_id})
    assert Membership.objects.get().state == "active"
    assert client.get(reverse("union-leave", args=[of.slug, car.public_id])).status_code == 200
    client.post(reverse("union-leave", args=[of.slug, car.public_id]))
    assert Membership.objects.get().state == "left"


def test_no_choice_on_the_way_in_is_made_for_the_driver():
    of = union(now=timezone.now() - DAY)
    page = signed_in(vehicle().owner).get(reverse("union-join", args=[of.slug])).content.decode()
    assert "checked" not in page


def test_a_founder_opens_a_union_in_five_steps():
    founder = user()
    client = signed_in(founder)
    address = reverse("union-found")
    for key in ("battery", "open", "research"):
        client.post(address, {"step": "start", "preset": key})
        name = f"Founded from {key}"
        charter = {"step": "name", "name": name, "admission": "open", "tone": "ta"}
        assert client.post(address, charter).status_code == 302
        for step in ("policy", "prices"):
            form = client.get(address, {"step": step}).context["form"]
            typed = {bound.html_name: bound.value() for bound in form if bound.value() not in (None, "")}
            assert client.post(address, {"step": step, **typed}).status_code == 302
        assert name in client.get(address, {"step": "preview"}).content.decode()
        client.post(address, {"step": "preview"})
        made = Union.objects.get(name=name)
        assert made.state == "open"
        assert client.get(reverse("union", args=[made.slug])).status_code == 200


def test_a_name_that_is_taken_is_said_beside_the_name():
    taken = union(now=timezone.now())
    client = signed_in(user())
    client.post(reverse("union-found"), {"step": "start", "preset": "open"})
    answer = client.post(
        reverse("union-found"), {"step": "name", "name": taken.name.upper(), "admission": "open", "tone": "ta"}
    )
    assert answer.status_code == 422
    assert "Another union bears this name" in answer.content.decode()


def policy_values(of: Union, client: Client) -> dict[str, object]:
    form = client.get(reverse("union-policy", args=[of.slug])).context["form"]
    return {bound.html_name: bound.value() for bound in form if bound.value() not in (None, "")}


def test_a_steward_sees_what_widens_before_publishing():
    of = union(now=timezone.now() - DAY)
    client = signed_in(of.seats.get().user)
    values = policy_values(of, client)
    wider = {**values, "purposes": ["research_np", "battery_analytics", "marketing"]}
    address = reverse("union-policy", args=[of.slug])
    shown = client.post(address, {"action": "preview", **wider}, headers=HTMX).content.decode()
    assert "Widening" in shown
    assert "Adds Marketing." in shown
    assert PolicyVersion.objects.filter(union=of).count() == 1
    client.post(address, {"action": "publish", **wider})
    assert PolicyVersion.objects.get(union=of, number=2).change == "widening"


def test_a_new_price_list_is_a_new_version():
    of = union(now=timezone.now() - DAY)
    client = signed_in(of.seats.get().user)
    address = reverse("union-policy", args=[of.slug])
    values = {"action": "terms", "union_fee": "7.5", "split_rule": "equal", "price_battery_aggregate": "0.45"}
    assert client.post(address, values).status_code == 302
    terms = Terms.objects.get(union=of, number=2)
    assert (terms.union_fee_bps, terms.prices) == (750, {"battery": {"aggregate": "450000"}})
    assert client.post(address, {**values, "union_fee": "25"}).status_code == 422


def test_a_steward_admits_and_refuses():
    of = union(now=timezone.now() - DAY, admission="approval")
    rows = [member(of, now=timezone.now()) for _ in range(2)]
    client = signed_in(of.seats.get().user)
    assert client.get(reverse("union-members", args=[of.slug])).context["waiting"].count() == 2
    for row, action in zip(rows, ("admit", "refuse"), strict=True):
        client.post(reverse("union-decide", args=[of.slug, row.pk]), {"action": action})
        row.refresh_from_db()
    assert [row.state for row in rows] == ["active", "refused"]


def test_few_members_are_not_counted_in_public():
    of = union(now=timezone.now() - DAY)
    for _ in range(4):
        member(of, now=timezone.now())
    assert Client().get(reverse("union", args=[of.slug])).context["count"] is None
    member(of, now=timezone.now())
    assert Client().get(reverse("union", args=[of.slug])).context["count"] == 5


def test_the_matrix_of_three_unions_takes_at_most_fifteen_queries(django_assert_max_num_queries):
    car = vehicle()
    for _ in range(3):
        allow(
            member(union(now=timezone.now() - DAY), vehicle=car, now=timezone.now() - DAY),
            "battery",
            "exact",
            now=timezone.now(),
        )
    client = signed_in(car.owner)
    with django_assert_max_num_queries(15):
        assert client.get(reverse("consent-matrix"), headers=HTMX).status_code == 200


def test_lists_of_unions_do_not_ask_once_per_union(django_assert_max_num_queries):
    for _ in range(6):
        union(now=timezone.now() - DAY)
    with django_assert_max_num_queries(4):
        Client().get(reverse("unions"))
    seat = user()
    for of in Union.objects.all():
        roles.give_seat(union=of, user=seat, role=Seat.Role.ANALYST, actor=seat, now=timezone.now())
    client = signed_in(seat)
    with django_assert_max_num_queries(9):
        assert len(client.get(reverse("unions-running")).context["unions"]) == 6


def test_a_member_who_left_sees_an_empty_matrix():
    row = now_member()
    from unions.notices import notice

    membership.leave_union(
        membership=row, actor=row.member, notice=notice("leave-1", screen_id="t"), now=timezone.now()
    )
    page = signed_in(row.member).get(reverse("consent"))
    assert "Your vehicle is in no union" in page.content.decode()
