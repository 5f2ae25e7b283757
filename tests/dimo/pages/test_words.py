"""Filters and tags that every template has at hand."""

import pytest
from django.template import Context, Template, TemplateSyntaxError

from dimo.pages import words


def rendered(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Nordic EV Union", "NE"), ("Maya Kivi", "MK"), ("maya", "MA"), ("Jean-Luc", "JL"), ("7 Seas", "7S"), ("", "")],
)
def test_initials_are_two_letters_at_most(name: str, letters: str) -> None:
    assert words.initials(name) == letters


def test_a_missing_amount_is_a_dash_and_zero_is_not() -> None:
    assert words.money(None, "EURC") == "—"
    assert words.money(0, "EURC") == "€0.00"
    assert words.money(31_800_000, "EURC") == "€31.80"


def test_bars_fill_up_to_the_level() -> None:
    assert words.level_bars("off") == [False, False, False]
    assert words.level_bars("coarse") == [True, True, False]
    assert words.level_bars("exact") == [True, True, True]


def test_an_unknown_level_is_an_error_and_not_drawn_as_some_level() -> None:
    with pytest.raises(KeyError):
        words.level_word("everything")


def test_a_share_for_css_stays_between_nothing_and_the_whole() -> None:
    assert words.percent_of(1.8, 4) == "45"
    assert words.percent_of(9, 4) == "100"
    assert words.percent_of(-1, 4) == "0"
    assert words.percent_of(1, 3) == "33.33"


def test_a_spark_rises_to_the_top_and_an_area_closes_below() -> None:
    assert words.spark([0, 5, 10]) == "M0.00,38.00 L50.00,20.00 L100.00,2.00"
    assert words.spark([0, 10], "area").endswith("L100,40 L0,40 Z")


def test_a_long_hash_shows_its_ends_and_keeps_the_whole() -> None:
    shown = words.short_hash("19f9c92546aa300c")
    assert "19f9c9…300c" in shown
    assert 'title="19f9c92546aa300c"' in shown
    assert "<b>" not in words.short_hash("<b>x</b>")


def test_a_part_that_no_room_serves_has_no_address() -> None:
    assert words.slot_url("no-such-part") == ""
    assert words.slot_url("landing") == "/"
    assert words.slot_url("home", query="vehicle=1") == "/home/?vehicle=1"


def test_an_icon_is_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in rendered('{% icon "car" 18 %}')


def test_a_card_inside_a_card_does_not_inherit_its_title() -> None:
    inner = rendered('{% cotton card title="Outer" %}{% cotton card %}text{% endcotton %}{% endcotton %}')
    assert inner.count("Outer") == 1


def test_what_people_typed_is_escaped_inside_components() -> None:
    shown = rendered('{% cotton card :title="name" %}{{ name }}{% endcotton %}', name="<script>alert(1)</script>")
    assert "<script>" not in shown
    assert shown.count("&lt;script&gt;") == 2


def test_a_component_without_what_it_needs_names_the_fault() -> None:
    with pytest.raises(TemplateSyntaxError):
        rendered("{% icon %}")
