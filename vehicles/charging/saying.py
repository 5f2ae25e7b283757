"""What owners say of a charge: where it was, and what they paid. Both outlive every cutting of its readings."""

from decimal import Decimal

from django.db import transaction

from dimo.errors import DomainError
from dimo.users.models import User
from vehicles.currencies import CODES
from vehicles.models import ChargingPlace, ChargingSession, Source

HIGHEST = Decimal("9999999.99")


class ChargeChanged(DomainError):
    """This charge was changed meanwhile. Look at the charges again and repeat what is still wanted."""


class UnknownPlace(DomainError):
    """A charge is at home or elsewhere, or it is not said."""

    status = 400


class NoAreaTold(DomainError):
    """No position was told for this charge, so it can be named by itself alone."""


class CountedElsewhere(DomainError):
    """This is a second record of a charge; say it at the one that counts."""


class AmountOutOfRange(DomainError):
    """What was paid lies between 0 and 9,999,999.99, with two decimals at most."""

    status = 400


class PaidCurrencyUnknown(DomainError):
    """A currency is named by its three letters of ISO 4217, such as EUR."""

    status = 400


def held(session: ChargingSession) -> ChargingSession:
    """The session as it stands, with its source locked: the cutter and its owner never meet. Call in a transaction.

    Raises:
        ChargeChanged
    """
    Source.objects.select_for_update().get(pk=session.source_id)
    found = ChargingSession.objects.filter(pk=session.pk, owner_epoch=session.owner_epoch).defer("curve", "marks")
    kept = found.first()
    if kept is None:
        raise ChargeChanged
    return kept


@transaction.atomic
def set_paid(*, session: ChargingSession, paid: Decimal | None, currency: str = "") -> ChargingSession:
    """Note what the owner paid; None takes it back, and the cost follows from the prices again. Idempotent.

    Raises:
        ChargeChanged, CountedElsewhere, AmountOutOfRange, PaidCurrencyUnknown
    """
    session, currency = held(session), currency.strip().upper()
    if session.duplicate_of_id is not None and paid is not None:
        raise CountedElsewhere
    if paid is not None:
        if not paid.is_finite() or not 0 <= paid <= HIGHEST or paid != round(paid, 2):
            raise AmountOutOfRange(field="paid")
        if currency not in CODES:
            raise PaidCurrencyUnknown(field="paid_currency")
    session.paid, session.paid_currency = paid, currency if paid is not None else ""
    session.save(update_fields=["paid", "paid_currency"])
    return session


@transaction.atomic
def set_place(*, session: ChargingSession, place: str, owner: User, whole_area: bool = False) -> ChargingSession:
    """Say that a charge was at home or elsewhere, or leave it unsaid; `whole_area`: so were all of its area of 5 km².

    A word on one charge alone goes before that on its area.

    Raises:
        ChargeChanged, UnknownPlace, NoAreaTold
    """
    session = held(session)
    if place not in ("", *ChargingPlace.Kind.values):
        raise UnknownPlace(field="place")
    if whole_area and not session.cell:
        raise NoAreaTold(field="whole_area")
    if whole_area and place:
        ChargingPlace.objects.update_or_create(owner=owner, cell=session.cell, defaults={"kind": place})
    elif whole_area:
        ChargingPlace.objects.filter(owner=owner, cell=session.cell).delete()
    session.said_place = "" if whole_area else place
    session.save(update_fields=["said_place"])
    return session
