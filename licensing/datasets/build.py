"""Build a paid license's dataset and deliver it, or refund it. Killed anywhere, it leaves nothing but a stale claim."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from django.utils import timezone

from dimo import tenancy
from licensing.datasets import claims, delivery, files, inputs
from licensing.datasets.consented import Consent, read_consent
from licensing.datasets.delivery import Built, ConsentNarrowed
from licensing.datasets.hot import measurements
from licensing.datasets.manifest import withheld_words, write_manifest
from licensing.datasets.pseudonyms import bin_offset
from licensing.datasets.query import Written, write_rows, write_statistics
from licensing.models import License
from licensing.uses import AGGREGATE, known_signals
from unions import rulebook
from vehicles.models import Source
from vehicles.signals import CELL

PHASES: Final = (
    "Reading consent",
    "Reading measurements",
    "Describing the file",
    "Checking consent again",
)
REBUILDS: Final = 3
FILE_NAME: Final = "rows.parquet"
STATISTICS_NAME: Final = "statistics.parquet"
log = structlog.get_logger(__name__)
Listener = Callable[[str], None]


class TooFewInFile(Exception):
    """Fewer vehicles or people than the floor have rows: the license is refunded, never delivered."""


def build_dataset(
    *, license_id: UUID, clock: Callable[[], datetime] = timezone.now, entered: Listener = lambda phase: None
) -> None:
    """Claim, build and deliver one license. Does nothing where another worker has it or it is past building.

    `entered` hears each of PHASES as it begins. A build that fails keeps its claim until that is stale; then it is
    tried again.

    Raises:
        whatever stopped the build; the license stays BUILDING until the sweeper finds it.
    """
    attempt = claims.claim_license(license_id=license_id, now=clock())
    if attempt is None:
        return
    license = License.objects.select_related(
        "quote__terms", "quote__policy", "quote__offer", "union", "organization"
    ).get(pk=license_id)
    try:
        with (
            tenancy.only_union(license.union_id),
            claims.Progress(license_id=license_id, attempt=attempt, clock=clock) as progress,
        ):
            _build_until_consent_holds(license, attempt, progress, clock, entered)
    except TooFewInFile:
        delivery.give_up(license_id=license_id, attempt=attempt, failure="too_few_members", now=clock())
    except claims.ClaimLost:
        log.info("build_superseded", license=str(license_id))
        return
    except OSError:
        # A newer attempt clears the folders of older ones; then this one has nothing to complain about.
        if License.objects.filter(pk=license_id, attempt=attempt).exists():
            raise
        log.info("build_superseded", license=str(license_id))
        return
    files.drop_folders(license_id)


def _build_until_consent_holds(
    license: License, attempt: UUID, progress: claims.Progress, clock: Callable[[], datetime], entered: Listener
) -> None:
    def say(phase: str, total: int | None = None) -> None:
        progress.say(phase, total=total)
        entered(phase)

    for left in reversed(range(REBUILDS)):
        built = _build_once(license, attempt, progress, say, clock())
        say("Checking consent again")
        try:
            delivery.deliver(license_id=license.pk, attempt=attempt, built=built, now=clock())
        except ConsentNarrowed:
            if not left:
                raise
            log.info("build_repeated", license=str(license.pk), reason="consent_narrowed")
            continue
        return


def _build_once(
    license: License, attempt: UUID, progress: claims.Progress, say: Callable[..., None], now: datetime
) -> Built:
    say("Reading consent")
    k = rulebook.parse(license.quote.policy.rules).k
    consent = read_consent(license=license, now=now)
    _require_enough(consent, list(consent.parties), k)
    folder = files.start_folder(license.pk, attempt)
    say("Reading measurements", total=inputs.expected_messages(license=license, consent=consent))
    written = write_file(license=license, consent=consent, folder=folder, progress=progress, k=k)
    _require_enough(consent, list(written.per_vehicle), k)
    say("Describing the file")
    sources = Source.objects.filter(vehicle__in=list(written.per_vehicle)).select_related("vehicle", "batch")
    manifest = write_manifest(
        folder=folder,
        license=license,
        rows=written.rows,
        vehicles=len(written.per_vehicle),
        consent_sha256=consent.sha256,
        sources=list(sources),
        withheld=withheld_words(*written.withheld, k=k),
    )
    return Built(folder, written.rows, written.per_vehicle, manifest, consent)


def write_file(*, license: License, consent: Consent, folder: Path, progress: claims.Progress, k: int) -> Written:
    """Write what the license asked for and `consent` allows into `folder`; the same inputs give the same bytes."""
    quote = license.quote
    signals = known_signals(quote.signals)
    spill = folder.with_suffix(".spill")
    wanted = [signal.id for signal in signals]
    placed = {zone.vehicle_id for zone in consent.zones}
    with measurements(spans=consent.spans, signal_ids=wanted, passed=progress.read, placed=placed) as measured:
        joined = inputs.collect(license=license, consent=consent, measured=measured)
        if quote.tier == AGGREGATE:
            return write_statistics(inputs=joined, path=folder / STATISTICS_NAME, spill=spill, k=k)
        return write_rows(
            inputs=joined,
            path=folder / FILE_NAME,
            spill=spill,
            offset_us=bin_offset(license),
            with_cells=any(signal.id == CELL for signal in signals),
        )


def _require_enough(consent: Consent, vehicles: list[int], k: int) -> None:
    people = {consent.parties[vehicle].member_id for vehicle in vehicles}
    if len(vehicles) < k or len(people) < k:
        raise TooFewInFile
