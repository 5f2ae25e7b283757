"""Which moments of which vehicles a license may use: unions' windows within the period, exact apart from coarse."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from licensing.datasets.intervals import Period, clip, merge, without
from licensing.models import License
from licensing.uses import AGGREGATE, Precision, asked_classes, license_use
from unions.selectors import leaving_memberships
from unions.windows import Window, consent_windows
from vehicles.zones.enforced import Enforced, enforced_zones, withholds

LOCATION_AGE: Final = timedelta(hours=24)  # nobody can be followed live through a purchase


class Span(NamedTuple):
    """Readings of a class of one vehicle in `[start, end)` may leave: as stored (`exact`), or blurred."""

    vehicle_id: int
    signal_class: str
    exact: bool
    start: datetime
    end: datetime


class Party(NamedTuple):
    membership_id: UUID
    member_id: int


@dataclass(frozen=True, slots=True)
class Consent:
    """A snapshot: spans, sorted, without overlap per vehicle and class; whose vehicles they are; the spans' digest; the
    privacy zones of these vehicles, where something is asked that they withhold."""

    spans: tuple[Span, ...]
    parties: dict[int, Party]
    sha256: bytes
    zones: tuple[Enforced, ...] = ()


def read_consent(*, license: License, now: datetime, vehicle_ids: Sequence[int] | None = None) -> Consent:
    """What members allow this license at `now`; for rows it is asked twice, for coarse readings and for exact ones."""
    quote = license.quote
    period = (quote.period_from, quote.period_to)
    precisions: tuple[Precision, ...] = ("coarse",) if quote.tier == AGGREGATE else ("coarse", "exact")
    asked = [
        consent_windows(
            union=license.union, use=license_use(license=license, precision=precision), now=now, vehicle_ids=vehicle_ids
        )
        for precision in precisions
    ]
    leaving = leaving_memberships()
    asked = [[window for window in windows if window.membership_id not in leaving] for windows in asked]
    spans = spans_of(asked[0], asked[1] if len(asked) > 1 else (), period=period, sold_at=license.bought_at)
    parties = {window.vehicle_id: Party(window.membership_id, window.member_id) for window in asked[0]}
    touched = {span.vehicle_id for span in spans}
    whose = {vehicle: parties[vehicle] for vehicle in sorted(touched)}
    return Consent(spans, whose, digest(spans), zones_of(license=license, parties=whose))


def zones_of(*, license: License, parties: Mapping[int, Party]) -> tuple[Enforced, ...]:
    """The zones in force now; statistics hold no place, so none is asked for them."""
    quote = license.quote
    classes = set(asked_classes(quote.signals, tier=quote.tier).values())
    if quote.tier == AGGREGATE or not any(withholds(name) for name in classes):
        return ()
    return enforced_zones(owners={vehicle: party.member_id for vehicle, party in parties.items()})


def spans_of(
    coarse: Iterable[Window], exact: Iterable[Window], *, period: Period, sold_at: datetime
) -> tuple[Span, ...]:
    """Exact windows as they are, and what coarse windows allow beyond them."""
    allowed: dict[tuple[int, str], tuple[list[Period], list[Period]]] = defaultdict(lambda: ([], []))
    for place, windows in enumerate((coarse, exact)):
        for window in windows:
            within = class_period(window.signal_class, period, sold_at)
            if within and (piece := clip(window.starts_at, window.ends_at, within)):
                allowed[window.vehicle_id, window.signal_class][place].append(piece)
    spans = []
    for (vehicle, name), (blurred, plain) in allowed.items():
        # An exact window that the coarse question did not return would be a contradiction; it then counts for nothing.
        plain = without(plain, without(plain, blurred))
        spans += [Span(vehicle, name, True, *piece) for piece in plain]
        spans += [Span(vehicle, name, False, *piece) for piece in without(blurred, plain)]
    return tuple(sorted(spans))


def class_period(signal_class: str, period: Period, sold_at: datetime) -> Period | None:
    """The period as far as a class is sold: location only when it is a day old."""
    if not signal_class.startswith("location"):
        return period
    return clip(period[0], sold_at - LOCATION_AGE, period)


def narrowed(before: Consent, after: Consent) -> set[int]:
    """Vehicles that allowed something before which they do not allow any more: a moment, a class, its exactness, or a
    place that lies in a privacy zone now."""
    zoned = {zone.vehicle_id for zone in set(after.zones) - set(before.zones)}
    if before.spans == after.spans:
        return zoned
    then, now = _by_class(before.spans), _by_class(after.spans)
    empty: tuple[list[Period], list[Period]] = ([], [])
    lost = zoned
    for key, (blurred, plain) in then.items():
        blurred_now, plain_now = now.get(key, empty)
        if without(plain, plain_now) or without(blurred, merge([*blurred_now, *plain_now])):
            lost.add(key[0])
    return lost


def signal_spans(spans: Iterable[Span], *, signals: Sequence[str], tier: str) -> list[tuple[Span, int]]:
    """Each span once per signal of its class, as the dataset query joins them."""
    by_class: dict[str, list[int]] = defaultdict(list)
    for signal_id, name in asked_classes(signals, tier=tier).items():
        by_class[name].append(signal_id)
    return [(span, signal_id) for span in spans for signal_id in by_class.get(span.signal_class, ())]


def digest(spans: Sequence[Span]) -> bytes:
    """SHA-256 over the spans in their order, one line each."""
    total = hashlib.sha256()
    for span in spans:
        line = f"{span.vehicle_id}|{span.signal_class}|{span.exact:d}|{span.start.isoformat()}|{span.end.isoformat()}\n"
        total.update(line.encode())
    return total.digest()


def _by_class(spans: Iterable[Span]) -> dict[tuple[int, str], tuple[list[Period], list[Period]]]:
    found: dict[tuple[int, str], tuple[list[Period], list[Period]]] = defaultdict(lambda: ([], []))
    for span in spans:
        found[span.vehicle_id, span.signal_class][1 if span.exact else 0].append((span.start, span.end))
    return found
