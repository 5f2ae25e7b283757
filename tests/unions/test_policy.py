"""Policies and price lists: read strictly, published in order, compared by dimension."""

import pytest
from django.db import DatabaseError
from hypothesis import given
from hypothesis import strategies as st

from tests.unions.factories import DAY, EVERYTHING, NOW, union, user
from unions import changes, founding, policy, roles, rulebook
from unions.forms import PolicyForm, TermsForm, policy_initial, terms_initial
from unions.models import PolicyVersion, Seat, Terms
from unions.presets import PRESETS
from unions.vocabulary import SELLABLE_CATEGORIES, SELLABLE_PURPOSES, SIGNAL_CLASSES, TIERS, askable

GRANTABLE = [name for name in SIGNAL_CLASSES if name not in ("location", "identity")]
lines = st.fixed_dictionaries(
    {
        "signal_class": st.sampled_from(GRANTABLE),
        "tier_max": st.sampled_from(TIERS),
        "purposes": st.lists(st.sampled_from(SELLABLE_PURPOSES), min_size=1, max_size=2, unique=True),
        "buyer_categories": st.lists(st.sampled_from(SELLABLE_CATEGORIES), min_size=1, max_size=2, unique=True),
        "precision": st.sampled_from(["coarse", "exact"]),
    }
)
rulebooks = st.fixed_dictionaries(
    {
        "allow": st.lists(lines, max_size=3),
        "k": st.integers(3, 6),
        "retention_days": st.integers(1, 3),
        "countries": st.lists(st.sampled_from(["FI", "DE"]), unique=True, max_size=2),
    }
).map(rulebook.parse)


@given(old=rulebooks, new=rulebooks)
def test_a_difference_is_found_in_both_directions(old, new):
    opposite = {"widening": "narrowing", "narrowing": "widening"}
    forth = {(change.dimension, change.direction) for change in changes.differences(old, new)}
    back = {(change.dimension, opposite[change.direction]) for change in changes.differences(new, old)}
    assert forth == back


@given(old=rulebooks, new=rulebooks)
def test_whatever_is_newly_allowed_is_called_a_widening(old, new):
    if changes.scope(new) - changes.scope(old):
        assert changes.direction(changes.differences(old, new)) == "widening"


@given(rules=rulebooks)
def test_the_same_rules_differ_in_nothing(rules):
    assert changes.differences(rules, rulebook.parse(rulebook.document(rules))) == []


@pytest.mark.parametrize(
    ("change", "direction"),
    [
        ({"k": 4}, "widening"),
        ({"k": 6}, "narrowing"),
        ({"retention_days": 400}, "widening"),
        ({"retention_days": 30}, "narrowing"),
        ({"countries": ["FI"]}, "narrowing"),
        ({"allow": EVERYTHING["allow"][:-1]}, "narrowing"),
        ({"allow": [*EVERYTHING["allow"], {**EVERYTHING["allow"][0], "signal_class": "derived"}]}, "widening"),
        ({"allow": [{**line, "tier_max": "identified"} for line in EVERYTHING["allow"]]}, "widening"),
        ({"allow": [{**line, "precision": "coarse"} for line in EVERYTHING["allow"]]}, "narrowing"),
        ({"allow": [{**line, "purposes": ["research_np", "marketing"]} for line in EVERYTHING["allow"]]}, "widening"),
        ({}, "neutral"),
    ],
)
def test_each_dimension_knows_its_direction(change, direction):
    found = changes.differences(rulebook.parse(EVERYTHING), rulebook.parse({**EVERYTHING, **change}))
    assert changes.direction(found) == direction


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"allow": [], "k": 2}, "k"),
        ({"allow": [], "retention_days": 0}, "retention_days"),
        ({"allow": [], "colour": "red"}, "rules"),
        ({"allow": [{**EVERYTHING["allow"][0], "signal_class": "location"}]}, "allow[0].signal_class"),
        ({"allow": [{**EVERYTHING["allow"][0], "purposes": ["law_enforcement"]}]}, "allow[0].purposes"),
        ({"allow": [{**EVERYTHING["allow"][0], "purposes": []}]}, "allow[0].purposes"),
        ({"allow": [{**EVERYTHING["allow"][0], "buyer_categories": ["broker"]}]}, "allow[0].buyer_categories"),
        ({"allow": [{**EVERYTHING["allow"][0], "tier_max": "all"}]}, "allow[0].tier_max"),
        ({"countries": ["Finland"]}, "countries[0]"),
    ],
)
def test_rules_that_are_not_understood_are_refused_by_their_field(rules, field):
    with pytest.raises(rulebook.RulesInvalid) as refusal:
        rulebook.parse(rules)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"prices": {"battery": {"aggregate": "1.5"}}}, "prices.battery.aggregate"),
        ({"prices": {"battery": {"aggregate": -1}}}, "prices.battery.aggregate"),
        ({"prices": {"battery": {"aggregate": "٣"}}}, "prices.battery.aggregate"),
        ({"prices": {"battery": {"rows": "1"}}}, "prices.battery.rows"),
        ({"prices": {"weather": {"aggregate": "1"}}}, "prices.weather"),
        ({"union_fee_bps": 2001}, "union_fee_bps"),
        ({"split_rule": "winner_takes_all"}, "split_rule"),
    ],
)
@pytest.mark.django_db
def test_a_price_list_that_is_not_understood_is_refused_by_its_field(values, field):
    of = union()
    asked = {"prices": {}, "union_fee_bps": 500, "split_rule": "equal", **values}
    with pytest.raises(policy.TermsInvalid) as refusal:
        policy.publish_terms(union=of, actor=of.seats.get().user, now=NOW, **asked)
    assert refusal.value.field == field


@pytest.mark.django_db
def test_versions_count_up_and_publishing_again_returns_the_last():
    of = union()
    founder = of.seats.get().user
    second = policy.publish_policy(union=of, actor=founder, rules=EVERYTHING, text="New words.", now=NOW)
    again = policy.publish_policy(union=of, actor=founder, rules=EVERYTHING, text="New words.", now=NOW + DAY)
    assert (second.number, second.change, again.pk) == (2, "neutral", second.pk)
    assert PolicyVersion.objects.get(union=of, number=1).sha256 != second.sha256
    with pytest.raises(policy.PolicyOutOfOrder):
        policy.publish_policy(union=of, actor=founder, rules=EVERYTHING, text="Back.", now=NOW, effective_at=NOW - DAY)


@pytest.mark.django_db
def test_the_database_caps_the_unions_fee():
    of = union()
    with pytest.raises(DatabaseError, match="a_union_takes_at_most_a_fifth"):
        Terms.objects.create(
            union=of, number=9, prices={}, union_fee_bps=2001, effective_at=NOW, published_by=of.seats.get().user
        )


def test_a_class_is_priced_by_itself_or_its_nearest_ancestor():
    prices = {"battery": {"aggregate": "1"}, "battery.soh": {"aggregate": "2"}}
    assert policy.priced_class(prices, signal_class="battery.soh", tier="aggregate") == "battery.soh"
    assert policy.priced_class(prices, signal_class="battery.soc", tier="aggregate") == "battery"
    assert policy.priced_class(prices, signal_class="battery.soc", tier="pseudonymous_rows") is None
    assert policy.priced_class(prices, signal_class="energy", tier="aggregate") is None


@pytest.mark.django_db
@pytest.mark.parametrize("key", sorted(PRESETS))
def test_every_preset_founds_a_union_that_opens(key):
    preset = PRESETS[key]
    founder = user()
    of = founding.found_union(
        founder=founder,
        name=f"From {key}",
        rules=preset.rules,
        prices=preset.prices,
        union_fee_bps=preset.union_fee_bps,
        split_rule=preset.split_rule,
        powertrains=preset.powertrains,
        now=NOW,
    )
    assert of.state == "draft"
    assert founding.open_union(union=of, actor=founder, now=NOW).state == "open"


@pytest.mark.parametrize("key", sorted(PRESETS))
def test_the_forms_say_exactly_what_a_preset_says(key):
    preset = PRESETS[key]
    rules = rulebook.parse(preset.rules)
    form = PolicyForm(policy_initial(rules))
    assert form.is_valid()
    assert changes.differences(rules, rulebook.parse(form.rules())) == []
    terms = TermsForm(terms_initial(preset.prices, preset.union_fee_bps, preset.split_rule))
    assert terms.is_valid(), terms.errors
    assert (terms.prices(), terms.fee_bps()) == (preset.prices, preset.union_fee_bps)


def test_rules_that_the_form_cannot_say_are_not_flattened():
    uneven = [
        {**line, "purposes": ["research_np"] * (place % 2) or ["marketing"]}
        for place, line in enumerate(EVERYTHING["allow"])
    ]
    assert policy_initial(rulebook.parse({**EVERYTHING, "allow": uneven})) is None


@pytest.mark.django_db
@pytest.mark.parametrize("role", Seat.Role.values)
def test_each_role_may_do_what_the_table_says_in_its_union_alone(role):
    of, other = union(), union()
    person = user()
    seat = roles.give_seat(union=of, user=person, role=role, actor=person, now=NOW)
    everything = frozenset().union(*roles.PERMISSIONS.values())
    assert {name for name in everything if roles.may(person, name, of)} == roles.PERMISSIONS[role]
    assert not any(roles.may(person, name, other) for name in everything)
    roles.end_seat(seat=seat, actor=person, now=NOW + DAY)
    fresh = type(person).objects.get(pk=person.pk)
    assert not any(roles.may(fresh, name, of) for name in everything)


@pytest.mark.django_db
def test_the_last_steward_stays():
    of = union()
    with pytest.raises(roles.LastSteward):
        roles.end_seat(seat=of.seats.get(), actor=of.seats.get().user, now=NOW)


@pytest.mark.django_db
def test_two_unions_never_bear_one_name():
    of = union(name="Nordic Drivers")
    with pytest.raises(founding.NameTaken):
        union(name="  nordic   DRIVERS ")
    assert union(name="Nordic-Drivers").slug == "nordic-drivers-2" != of.slug


def test_only_classes_that_say_how_fine_may_be_asked_for():
    assert not askable("location")
    assert not askable("identity")
    assert not askable("unheard.of")
    assert askable("location.coarse")
