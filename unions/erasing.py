"""What unions do when a vehicle's time or an account is erased: memberships end, and every word on consent stays."""

from dimo.users.models import User
from unions import consent, membership
from unions.models import ConsentEvent, Membership, Seat, Union
from unions.notices import notice
from unions.roles import LastSteward
from vehicles.erasure.steps import Room, Subject

State = Membership.State
RUNNING = (State.REQUESTED, State.TRIAL, State.ACTIVE)
CONSENT = "What was allowed and withdrawn stays under a number, as the proof that nothing was licensed without consent."
DECISIONS = "What a union decided stays, since its members and buyers rely on it."


def end_memberships(subject: Subject) -> None:
    """Withdraw every consent for the erased times, and end their memberships. Again: changes nothing."""
    shown = notice("erase-1", screen_id="erasure")
    epochs = {(time.vehicle_id, time.epoch) for time in subject.times}
    rows = Membership.objects.select_for_update().filter(member=subject.person, state__in=RUNNING).order_by("pk")
    for row in rows:
        if (row.vehicle_id, row.owner_epoch) in epochs:
            consent.withdraw_everything(membership=row, kind=ConsentEvent.Kind.WITHDRAW, notice=shown, now=subject.now)
            membership.end(row, now=subject.now)


def end_seats(subject: Subject) -> dict[str, int]:
    """End the seats of an account that goes."""
    if not subject.whole:
        return {}
    open_seats = Seat.objects.filter(user=subject.person, until=None)
    return {"seats in unions ended": open_seats.update(until=subject.now)}


def refuse_last_steward(person: User) -> None:
    """Refuse while an open union would be left without anybody to run it.

    Raises:
        LastSteward
    """
    running = Seat.objects.filter(until=None, role__in=[Seat.Role.FOUNDER, Seat.Role.STEWARD])
    theirs = running.filter(user=person, union__state=Union.State.OPEN).values("union")
    for union in Union.objects.filter(pk__in=theirs):
        if not running.filter(union=union).exclude(user=person).exists():
            raise LastSteward(f"Nobody else runs {union.name}. Give somebody a seat first, or close it.")


ROOM = Room(
    "unions",
    kept={"unions_membership": CONSENT, "unions_consentevent": CONSENT},
    kept_of_account={
        "unions_seat": DECISIONS,
        "unions_policyversion": DECISIONS,
        "unions_terms": DECISIONS,
    },
    ends=end_memberships,
    erases=end_seats,
    refuses=refuse_last_steward,
)
