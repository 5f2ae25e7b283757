"""The small tables that the dataset query joins: consent, vehicles with their pseudonyms, signals, repeated trips."""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
from django.db.models import Sum

from licensing.datasets.consented import Consent, Span, signal_spans
from licensing.datasets.hot import Measured
from licensing.datasets.pseudonyms import pids
from licensing.datasets.query import CONSENT_SCHEMA, SIGNAL_SCHEMA, TWIN_SCHEMA, VEHICLE_SCHEMA, WORD_SCHEMA, Inputs
from licensing.models import License
from licensing.uses import known_signals
from vehicles.coarsening import blur, exact_step
from vehicles.models import Trip
from vehicles.signals import Signal
from vehicles.zones.enforced import withholds


def collect(*, license: License, consent: Consent, measured: Measured) -> Inputs:
    """Everything that one build joins with what was measured."""
    quote = license.quote
    signals = known_signals(quote.signals)
    names = pids(license=license, vehicle_ids=consent.parties)
    return Inputs(
        hot=measured.hot,
        cold=measured.cold,
        consent=consent_table(signal_spans(consent.spans, signals=quote.signals, tier=quote.tier), signals),
        vehicles=vehicle_table(consent, names),
        signals=signal_table(signals),
        words=word_table(signals),
        twin_trips=twin_table(consent),
        zones=consent.zones,
        guarded=tuple(signal.id for signal in signals if withholds(signal.signal_class)),
    )


def consent_table(spans: Iterable[tuple[Span, int]], signals: Iterable[Signal]) -> pa.Table:
    """One row per span and signal. A position is exact because its leaf was asked for, an area never is."""
    always_exact = {signal.id for signal in signals if signal.signal_class == "location"}
    always_coarse = {signal.id for signal in signals if blur(signal).always}
    rows = [
        (
            span.vehicle_id,
            signal,
            (span.exact or signal in always_exact) and signal not in always_coarse,
            span.start,
            span.end,
        )
        for span, signal in spans
    ]
    return _table(rows, CONSENT_SCHEMA)


def vehicle_table(consent: Consent, names: Mapping[int, str]) -> pa.Table:
    """Consenting vehicles with member and pseudonym; one that was erased meanwhile has no row, so no reading."""
    rows = [(vehicle, consent.parties[vehicle].member_id, pid) for vehicle, pid in sorted(names.items())]
    return _table(rows, VEHICLE_SCHEMA)


def signal_table(signals: Iterable[Signal]) -> pa.Table:
    """How each signal is blurred and stepped."""
    rows = []
    for signal in signals:
        how = blur(signal)
        rows.append((signal.id, signal.name, how.way, how.microseconds, how.step, exact_step(signal)))
    return _table(rows, SIGNAL_SCHEMA)


def word_table(signals: Iterable[Signal]) -> pa.Table:
    """What the codes of enumerations mean."""
    words = [(signal.id, float(code), word) for signal in signals for word, code in signal.codes.items()]
    return _table(words, WORD_SCHEMA)


def twin_table(consent: Consent) -> pa.Table:
    """Trips that repeat another trip: their readings are neither delivered nor paid."""
    twins = Trip.objects.filter(vehicle__in=list(consent.parties), duplicate_of__isnull=False).order_by("pk")
    return _table(list(twins.values_list("vehicle_id", "source_id", "started_at", "ended_at")), TWIN_SCHEMA)


def expected_messages(*, license: License, consent: Consent) -> int:
    """About how many messages will be read, from the trips of the period; for the progress bar alone."""
    quote = license.quote
    trips = Trip.objects.filter(
        vehicle__in=list(consent.parties), started_at__gte=quote.period_from, started_at__lt=quote.period_to
    )
    return int(trips.aggregate(total=Sum("readings"))["total"] or 0)


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
