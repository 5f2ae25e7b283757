"""The demo: drivers with simulated cars, three unions with different policies, buyers, and sales.

Every row is made by the rules that a real one goes through. Each step looks for what it would make, so that a demo
that was interrupted goes on where it stopped.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.contrib.auth.models import Group

from dimo.ledger.models import Asset
from dimo.users import operators
from dimo.users.models import User
from licensing import licenses, offers, organizations, quotes
from licensing.models import License, Offer, Organization
from rewards.demo import people
from rewards.demo.scenes import HABITS, MAYAS, OFFERS, SALES
from unions import founding, levels, membership
from unions.models import Membership, Union
from unions.notices import notice
from unions.presets import PRESETS
from vehicles.models import Vehicle
from vehicles.simulator.fleet import create_fleet

DAYS = 42
SEED = 7
JOINED_AFTER = timedelta(days=1)
Say = Callable[[str], None]


def build(*, password: str, now: datetime, say: Say) -> dict[str, User]:
    """Make everybody and everything; returns the four people to sign in as, by role. Repeating adds nothing."""
    began = now - timedelta(days=DAYS)
    operator = operator_of(password)
    drivers = [person(each, password) for each in people.DRIVERS]
    say(f"{len(drivers)} drivers take {DAYS} days of drives in an invented town …")
    fleet = create_fleet(owners=drivers, now=now, days=DAYS, seed=SEED)
    found = {each.preset: union(each, password, now=began) for each in people.UNIONS}
    say("They join unions and say what each may license …")
    for number, vehicle in enumerate(fleet):
        for preset, joined in found.items():
            belong(vehicle, joined, preset, number, now=began + JOINED_AFTER)
    say("Buyers arrive, are verified, and license datasets …")
    buyers = [buyer(each, operator, password, now=began) for each in people.BUYERS]
    put_on_sale(list(found.values()), now=began)
    sell(buyers, now=now)
    founder = User.objects.get(email=people.FOUNDERS[1].email)
    return {
        "driver": drivers[0],
        "founder": founder,
        "buyer": User.objects.get(email=people.BUYERS[0].person.email),
        "operator": operator,
    }


def person(who: people.Person, password: str) -> User:
    """The account of one invented person; the password is set anew, since only the newest is written down."""
    user = User.objects.filter(email=who.email).first()
    if user is None:
        return User.objects.create_user(who.email, password, name=who.name, timezone="Europe/Stockholm")
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


def operator_of(password: str) -> User:
    user = person(people.OPERATOR, password)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.add(Group.objects.get(name=operators.NAME))
    return user


def union(each: people.Founding, password: str, *, now: datetime) -> Union:
    """A union of the demo, founded by its founder from its preset, and open."""
    known = Union.objects.filter(name=each.name).first()
    if known is not None:
        return known
    preset = PRESETS[each.preset]
    founder = person(each.founder, password)
    made = founding.found_union(
        founder=founder,
        name=each.name,
        tagline=each.tagline,
        charter=each.charter,
        rules=preset.rules,
        policy_text=preset.words,
        prices=preset.prices,
        union_fee_bps=preset.union_fee_bps,
        split_rule=preset.split_rule,
        powertrains=preset.powertrains,
        tone=each.tone,
        now=now,
    )
    return founding.open_union(union=made, actor=founder, now=now)


def belong(vehicle: Vehicle, joined: Union, preset: str, number: int, *, now: datetime) -> None:
    """Join a union where the car may, and say there what it may license."""
    if joined.powertrains and vehicle.powertrain not in joined.powertrains:
        return
    if Membership.objects.filter(union=joined, vehicle=vehicle).exists():
        return
    owner = vehicle.owner
    membership.join_union(union=joined, vehicle=vehicle, member=owner, now=now)
    habit = HABITS[number % len(HABITS)] if number else MAYAS
    for signal_class, level in habit[preset].items():
        levels.set_level(
            union=joined,
            vehicle=vehicle,
            signal_class=signal_class,
            level=level,
            actor=owner,
            notice=notice("level-1", screen_id="demo"),
            now=now,
        )


def buyer(each: people.Buyer, operator: User, password: str, *, now: datetime) -> tuple[Organization, User]:
    """A verified organization with money, and the person who buys for it."""
    user = person(each.person, password)
    organization = Organization.objects.filter(name=each.organization).first()
    if organization is None:
        organization = organizations.create_organization(
            name=each.organization, category=each.category, country=each.country, founder=user, now=now
        )
    organizations.verify_organization(organization=organization, operator=operator, now=now)
    organizations.top_up(
        organization=organization,
        asset=Asset.EURC,
        amount=each.euros * 10**6,
        reference="demo-transfer-1",
        operator=operator,
        now=now,
    )
    return organization, user


def put_on_sale(unions: list[Union], *, now: datetime) -> None:
    """Publish the offers of the demo."""
    by_name = {each.name: each for each in unions}
    for each in OFFERS:
        seller = by_name[each.union]
        if Offer.objects.filter(union=seller, name=each.name).exists():
            continue
        seat = seller.seats.select_related("user").get(role="founder")
        offers.publish_offer(
            union=seller,
            actor=seat.user,
            name=each.name,
            description=each.description,
            signals=each.signals,
            tiers=each.tiers,
            purposes=each.purposes,
            now=now,
        )


def sell(buyers: list[tuple[Organization, User]], *, now: datetime) -> None:
    """Buy what SALES lists, less what was bought before; building and settling is the workers' part."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for sale in SALES:
        organization, user = buyers[sale.buyer]
        offer = Offer.objects.get(name=OFFERS[sale.offer].name, union__name=OFFERS[sale.offer].union)
        asked = {"offer": offer, "tier": sale.tier, "purpose": sale.purpose}
        if License.objects.filter(organization=organization, **{f"quote__{k}": v for k, v in asked.items()}).exists():
            continue
        quote = quotes.make_quote(
            offer_id=offer.pk,
            organization=organization,
            user=user,
            period=(today - timedelta(days=sale.first), today - timedelta(days=sale.last)),
            signals=offer.signals,
            tier=sale.tier,
            purpose=sale.purpose,
            now=now,
        )
        licenses.buy_license(quote_id=quote.pk, organization=organization, user=user, now=now)


def unsettled() -> Iterator[License]:
    """Licenses of the demo's buyers that are still being built or shared out."""
    names = [each.organization for each in people.BUYERS]
    yield from License.objects.filter(organization__name__in=names).exclude(state__in=["settled", "refunded"])
