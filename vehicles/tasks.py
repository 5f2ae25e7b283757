"""Work that beat asks for; each sweep is safe to run twice and finds again what a lost message would have told."""

from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from dimo.audit import reads
from vehicles import contact, intake, partitions, trips, words
from vehicles.diagnostics import recording
from vehicles.models import Source
from vehicles.movement import selectors as movement
from vehicles.places import zone_of

KEEP_EVENTS = timedelta(days=35)
A_SWEEP = 200


@shared_task
def ensure_partitions() -> None:
    """Create the days of the coming week, and the months of the access log."""
    now = timezone.now()
    partitions.ensure_ahead(now=now)
    reads.ensure_ahead(now=now)


@shared_task
def prune_ingest_events() -> None:
    """Forget ids of events, and lists of fault codes, older than any reading that is still taken."""
    intake.prune_events(before=timezone.now() - KEEP_EVENTS)
    recording.prune(before=timezone.now() - KEEP_EVENTS)


@shared_task
def cut_due_trips() -> None:
    """Hand out the sources that sent something since they were cut, each by itself, so that one failure stays one."""
    due = Source.objects.filter(uncut_until__isnull=False).order_by("uncut_until")
    for source_id in due.values_list("pk", flat=True)[:A_SWEEP]:
        cut_source.delay(source_id=source_id)


@shared_task
def cut_source(*, source_id: int) -> None:
    """Cut what a source sent since it was last cut; a source that another worker cuts is left to it."""
    with transaction.atomic():
        waiting = Source.objects.select_for_update(skip_locked=True, of=("self",)).select_related("vehicle")
        source = waiting.filter(pk=source_id, uncut_until__isnull=False).first()
        if source is not None and source.uncut_since is not None and source.uncut_until is not None:
            trips.cut_trips(
                vehicle=source.vehicle,
                source=source,
                since=source.uncut_since,
                until=source.uncut_until,
                now=timezone.now(),
            )


@shared_task
def watch_contacts() -> None:
    """Learn how often each car is heard, notice those gone quiet, and write to the owners who want it."""
    now = timezone.now()
    contact.learn(now=now)
    contact.watch(now=now)
    letters = contact.letters_due(now=now)
    streaks = movement.outlooks(vehicles=[episode.vehicle for episode in letters], now=now)
    for episode in letters:
        zone = zone_of(episode.vehicle)
        lines = [
            f"{episode.vehicle} was last heard on {episode.since.astimezone(zone):%b %-d at %H:%M},"
            " which is longer ago than usual.",
            words.quiet(episode.cause),
            words.streak(streaks.get(episode.vehicle_id), zone),
            "You can stop these letters on the page of your vehicles.",
        ]
        body = "\n\n".join(filter(None, lines))
        contact.write(episode=episode, subject=f"{episode.vehicle} has gone quiet", body=body)
