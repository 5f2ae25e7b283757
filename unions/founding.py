"""How a union begins: a draft with its first policy and price list, opened by its founder."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from unions import policy, roles
from unions.models import PolicyVersion, Seat, Terms, Union
from vehicles.models import Vehicle


class NameTaken(DomainError):
    """Another union bears this name; choose a different one."""


class CharterInvalid(DomainError):
    """Something in the founding document cannot stand."""

    status = 422


class NotReadyToOpen(DomainError):
    """A union opens with a policy and a price list; one of them is missing."""


@transaction.atomic
def found_union(
    *,
    founder: User,
    name: str,
    tagline: str = "",
    charter: str = "",
    rules: Mapping[str, Any],
    policy_text: str = "",
    prices: Mapping[str, Mapping[str, int | str]],
    union_fee_bps: int,
    split_rule: str,
    admission: str = Union.Admission.OPEN,
    powertrains: Sequence[str] = (),
    tone: str = "ta",
    asset: str = "EURC",
    now: datetime,
) -> Union:
    """Found a union as a draft, with policy version 1, terms version 1 and the founder's seat. Nobody can join yet.

    Raises:
        NameTaken, CharterInvalid, RulesInvalid, TermsInvalid
    """
    name = " ".join(name.split())
    _check(name=name, tagline=tagline, admission=admission, powertrains=powertrains, tone=tone)
    union = _draft(
        name=name, tagline=tagline, charter=charter, admission=admission, powertrains=powertrains, tone=tone, now=now
    )
    _record(union=union, actor=founder, action="union.founded", now=now)
    roles.give_seat(union=union, user=founder, role=Seat.Role.FOUNDER, actor=founder, now=now)
    policy.publish_policy(union=union, actor=founder, rules=rules, text=policy_text, now=now)
    policy.publish_terms(
        union=union,
        actor=founder,
        prices=prices,
        union_fee_bps=union_fee_bps,
        split_rule=split_rule,
        asset=asset,
        now=now,
    )
    union.refresh_from_db()
    return union


@transaction.atomic
def open_union(*, union: Union, actor: User, now: datetime) -> Union:
    """Open a draft to members and buyers; opening again changes nothing.

    Raises:
        NotReadyToOpen: no policy or price list, or the union is closed.
    """
    union = Union.objects.select_for_update().get(pk=union.pk)
    if union.state == Union.State.OPEN:
        return union
    ready = PolicyVersion.objects.filter(union=union).exists() and Terms.objects.filter(union=union).exists()
    if union.state != Union.State.DRAFT or not ready:
        raise NotReadyToOpen
    union.state = Union.State.OPEN
    union.save(update_fields=["state"])
    _record(union=union, actor=actor, action="union.opened", now=now)
    return union


def _check(*, name: str, tagline: str, admission: str, powertrains: Sequence[str], tone: str) -> None:
    checks = (
        ("name", 3 <= len(name) <= 60 and bool(slugify(name)), "A name has 3 to 60 characters, letters among them."),
        ("tagline", len(tagline) <= 140, "A tagline has at most 140 characters."),
        ("admission", admission in Union.Admission.values, "Admission is open or by approval."),
        (
            "powertrains",
            set(powertrains) <= set(Vehicle.Powertrain.values),
            f"Powertrains are {', '.join(Vehicle.Powertrain.values)}.",
        ),
        ("tone", tone in ("ta", "tb", "tc"), "The tone is ta, tb or tc."),
    )
    for field, sound, reason in checks:
        if not sound:
            raise CharterInvalid(reason, field=field)


def _draft(
    *, name: str, tagline: str, charter: str, admission: str, powertrains: Sequence[str], tone: str, now: datetime
) -> Union:
    if Union.objects.filter(name__iexact=name).exists():
        raise NameTaken(field="name")
    try:
        with transaction.atomic():
            return Union.objects.create(
                slug=_free_slug(name),
                name=name,
                tagline=tagline.strip(),
                charter=charter.strip(),
                admission=admission,
                powertrains=sorted(powertrains),
                tone=tone,
                founded_at=now,
            )
    except IntegrityError as error:  # somebody else founded it meanwhile
        raise NameTaken(field="name") from error


def _free_slug(name: str) -> str:
    """The name as an address; a number follows where another union's name reads the same."""
    base = slugify(name)[:44]
    taken = set(Union.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


def _record(*, union: Union, actor: User, action: str, now: datetime) -> None:
    trail.record(actor=actor, action=action, object_kind="union", object_id=str(union.pk), union_id=union.pk, now=now)
