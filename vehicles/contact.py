"""Whether each car is heard as usual: learned from its messages, told on its pages, and once by mail when it is not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.query import QuerySet

from dimo.users.models import User
from vehicles import cadence, latest, silence
from vehicles.models import ContactWish, Pairing, QuietEpisode, RejectionCount, Vehicle, VehicleContact
from vehicles.movement import selectors as movement
from vehicles.movement.streaks import Outlook
from vehicles.signals import BATTERY_LEVEL
from vehicles.silence import Cause, Evidence, State
from vehicles.store import gaps

A_SWEEP = 200
LEARNED_EACH, FIRST_LOOK = timedelta(hours=1), timedelta(days=7)
VOLTS = 36


class Health(NamedTuple):
    """How a vehicle's connection stands; `cause`, and the streak that its silence may cost, only while it is quiet."""

    state: State
    seen: datetime | None
    paired: bool
    cause: Cause | None = None
    streak: Outlook | None = None


def health_of(*, vehicles: Sequence[Vehicle], now: datetime) -> dict[int, Health]:
    """How each vehicle's connection stands, in three queries whatever their number, and two more if one is quiet."""
    measured = Pairing.objects.filter(vehicle__in=vehicles, period__endswith__isnull=True)
    seen = dict(measured.values_list("vehicle").annotate(seen=Max("device__last_seen_at")))
    usual = {row.vehicle_id: row for row in VehicleContact.objects.filter(vehicle__in=vehicles)}
    open_ones = QuietEpisode.objects.filter(vehicle__in=vehicles, resolved_at=None)
    causes = dict(open_ones.values_list("vehicle", "cause"))
    found = {}
    for vehicle in vehicles:
        row = usual.get(vehicle.pk)
        patience = cadence.Patience(row.late_after, row.quiet_after) if row else cadence.Patience(*cadence.UNLEARNED)
        state = silence.state_of(seen.get(vehicle.pk), now, patience)
        known = Cause(causes.get(vehicle.pk) or Cause.UNKNOWN) if state == State.QUIET else None
        found[vehicle.pk] = Health(state, seen.get(vehicle.pk), vehicle.pk in seen, known)
    quiet = [vehicle for vehicle in vehicles if found[vehicle.pk].state == State.QUIET]
    streaks = movement.outlooks(vehicles=quiet, now=now) if quiet else {}
    return {pk: health._replace(streak=streaks.get(pk)) for pk, health in found.items()}


@transaction.atomic
def learn(*, now: datetime) -> int:
    """Learn from the messages since the last time, of vehicles heard an hour since then; how many were learned of."""
    open_pairings = Pairing.objects.filter(period__endswith__isnull=True)
    missing = open_pairings.filter(device__last_seen_at__isnull=False, vehicle__contact=None)
    VehicleContact.objects.bulk_create(
        [VehicleContact(vehicle_id=pk) for pk in missing.values_list("vehicle", flat=True).distinct()[:A_SWEEP]],
        ignore_conflicts=True,
    )
    heard = open_pairings.filter(
        Q(vehicle__contact__learned_until=None)
        | Q(device__last_seen_at__gt=F("vehicle__contact__learned_until") + LEARNED_EACH),
        device__last_seen_at__isnull=False,
    )
    due = list(
        VehicleContact.objects.select_for_update(skip_locked=True).filter(
            vehicle__in=list(heard.order_by("device__last_seen_at").values_list("vehicle", flat=True)[:A_SWEEP])
        )
    )
    told = read_gaps(due, now)
    for row in due:
        remember(row, told.get(row.vehicle_id, []), now)
    return len(due)


Gap = tuple[bool, int, int, datetime]  # while driving, bucket, how many, newest


def read_gaps(due: Sequence[VehicleContact], now: datetime) -> dict[int, list[Gap]]:
    """Gaps between messages by vehicle."""
    oldest = now - FIRST_LOOK
    since = {row.vehicle_id: max(row.learned_until or oldest, oldest) for row in due}
    found: dict[int, list[Gap]] = defaultdict(list)
    for vehicle, moving, number, times, newest in gaps.counted(since=since, until=now, most=cadence.BUCKETS - 1):
        found[vehicle].append((moving, number, times, newest))
    return found


def remember(row: VehicleContact, told: Iterable[Gap], now: datetime) -> None:
    """Fold gaps into what is known of a vehicle."""
    told = list(told)
    until = max((newest for *_, newest in told), default=now)
    days = 0.0 if row.learned_until is None else max(0.0, (until - row.learned_until) / timedelta(days=1))
    parked = [(number, times) for moving, number, times, _ in told if not moving]
    driving = [(number, times) for moving, number, times, _ in told if moving]
    row.parked_gaps = cadence.learned(row.parked_gaps, parked, days=days)
    row.driving_gaps = cadence.learned(row.driving_gaps, driving, days=days)
    row.late_after, row.quiet_after = cadence.patience(row.parked_gaps)
    row.learned_until = until
    row.save()


@transaction.atomic
def watch(*, now: datetime) -> list[QuietEpisode]:
    """End episodes of vehicles that are heard again or have no device, and begin those of vehicles gone quiet."""
    measured = Pairing.objects.filter(vehicle=OuterRef("vehicle"), period__endswith__isnull=True)
    episodes = QuietEpisode.objects.filter(resolved_at=None)
    over = ~Exists(measured) | Exists(measured.filter(device__last_seen_at__gt=OuterRef("since")))
    episodes.filter(over | Q(vehicle__retired_at__isnull=False)).update(resolved_at=now)
    episodes.exclude(vehicle__owner_epoch=F("owner_epoch")).update(resolved_at=now)
    begun = []
    for vehicle in gone_quiet(now)[:A_SWEEP]:
        seen: datetime = vehicle.seen  # type: ignore[attr-defined]
        cause = silence.cause_of(evidence_of(vehicle, seen), now - seen)
        begun.append(
            QuietEpisode(
                vehicle=vehicle, owner_epoch=vehicle.owner_epoch, since=seen, noticed_at=now, cause=cause.value
            )
        )
    return QuietEpisode.objects.bulk_create(begun, ignore_conflicts=True)


def gone_quiet(now: datetime) -> "QuerySet[Vehicle]":
    """Vehicles with a device, silent beyond their patience, and not known to be."""
    quiet = QuietEpisode.objects.filter(vehicle=OuterRef("pk"), resolved_at=None)
    return (
        Vehicle.objects.filter(pairings__period__endswith__isnull=True, retired_at=None)
        .annotate(
            seen=Max("pairings__device__last_seen_at", filter=Q(pairings__period__endswith__isnull=True)),
            patience=Coalesce(Max("contact__quiet_after"), cadence.UNLEARNED[1]),
        )
        .filter(seen__isnull=False, seen__lt=Value(now) - F("patience"))
        .exclude(Exists(quiet))
        .order_by("seen")
    )


def evidence_of(vehicle: Vehicle, seen: datetime) -> Evidence:
    """What we know of a silent vehicle."""
    pairings = list(Pairing.objects.filter(vehicle=vehicle, period__endswith__isnull=True).select_related("device"))
    since = RejectionCount.objects.filter(source__vehicle=vehicle, signal="", day__gt=seen.date())
    state = latest.read(vehicle_id=vehicle.pk)
    volts, charge = state.last.get(VOLTS), state.last.get(BATTERY_LEVEL)
    row = VehicleContact.objects.filter(vehicle=vehicle).first()
    return Evidence(
        paired=bool(pairings),
        flagged=any(pairing.device.flagged_at for pairing in pairings),
        refused=frozenset(since.values_list("code", flat=True)),
        volts=volts.value if volts else None,
        charge_pct=charge.value if charge else None,
        usual=cadence.quantile(row.parked_gaps, 1.0) if row else None,
    )


def letters_due(*, now: datetime) -> list[QuietEpisode]:
    """Episodes to write about; each is marked as written about, so that no letter goes out twice."""
    with transaction.atomic():
        waiting = QuietEpisode.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            resolved_at=None,
            mailed_at=None,
            noticed_at__gt=now - timedelta(days=1),
            vehicle__owner__in=ContactWish.objects.filter(by_mail=True).values("owner"),
        )
        found = list(waiting.select_related("vehicle__owner")[:A_SWEEP])
        QuietEpisode.objects.filter(pk__in=[episode.pk for episode in found]).update(mailed_at=now)
    return found


def write(*, episode: QuietEpisode, subject: str, body: str) -> None:
    """Send one letter to the vehicle's owner."""
    send_mail(subject, body, None, [episode.vehicle.owner.email])


def set_mail(*, owner: User, by_mail: bool) -> ContactWish:
    """Whether a person is told by mail that a vehicle has gone quiet. Idempotent."""
    wish, _ = ContactWish.objects.update_or_create(owner=owner, defaults={"by_mail": by_mail})
    return wish


def wants_mail(*, owner: User) -> bool:
    """Whether a person is told by mail."""
    return ContactWish.objects.filter(owner=owner, by_mail=True).exists()
