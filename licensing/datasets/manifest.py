"""What a delivered dataset says about itself. It holds no clock, so that the same build gives the same manifest."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dimo.version import code_version
from licensing.datasets.files import file_sha256
from licensing.models import License
from licensing.uses import AGGREGATE, known_signals
from unions import rulebook
from unions.platform_floor import EXACT_DAYS
from vehicles.coarsening import Blur, blur
from vehicles.models import ImportBatch, Source
from vehicles.signals import CELL, Signal

FORMAT: Final = "commons.dataset/1"
NAME: Final = "manifest.json"
ATTRIBUTION: Final[dict[str, str]] = {
    ImportBatch.Format.ENVIROCAR: "Source: enviroCar contributors, Open Database License 1.0.",
    ImportBatch.Format.TESLAFI: "Source: TeslaFi example exports, MIT License.",
    ImportBatch.Format.TWIZY: "Source: Twizy EV driving data, Rabat-Salé-Kénitra 2021, CC BY 4.0.",
}
SIMULATED: Final = "Simulated vehicles, not measured."
TERMS: Final = (
    "For the named purpose only.",
    "Do not pass it on.",
    "Do not try to find out who a vehicle or driver is.",
    "Erase rows when we tell you that a driver took consent back.",
)
ROW_COLUMNS: Final = (
    ("pid", "string", "", "Pseudonym of a vehicle, valid in this license alone."),
    ("signal", "string", "", "Name of the signal; `signals` lists units."),
    ("ts", "timestamp[us, UTC]", "", "Moment of measurement; of blurred rows the start of the bin."),
    ("value", "double", "of the signal", "Measured value; empty in rows that hold a cell."),
    ("precision", "string", "", "`exact`: as stored. `coarse`: blurred as `signals` says."),
)
CELL_COLUMN: Final = ("cell", "string", "H3 index", "Area of about 5 km² (resolution 7) in which the vehicle was.")
STATISTIC_COLUMNS: Final = (
    ("signal", "string", "", "Name of the signal; `signals` lists units."),
    ("day", "date", "", "Day in UTC."),
    ("vehicles", "int64", "", "Vehicles behind the mean, rounded down to five."),
    ("mean", "double", "of the signal", "Mean over vehicles; each counts once, whatever it sends."),
)
WORD_COLUMN: Final = (
    "word",
    "string",
    "",
    "Of a signal with `codes`: one of its words; `mean` is the share of readings with it, over vehicles that told it.",
)


def write_manifest(
    *,
    folder: Path,
    license: License,
    rows: int,
    vehicles: int,
    consent_sha256: bytes,
    sources: Sequence[Source],
    withheld: Mapping[str, str],
) -> dict[str, Any]:
    """Describe every Parquet file of the folder and write the description beside them."""
    document = describe(license=license, rows=rows, vehicles=vehicles, consent_sha256=consent_sha256, sources=sources)
    document["withheld"] = dict(withheld)
    document["files"] = [
        {"name": path.name, "sha256": file_sha256(path), "bytes": path.stat().st_size, "rows": rows}
        for path in sorted(folder.glob("*.parquet"))
    ]
    (folder / NAME).write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
    return document


def describe(
    *, license: License, rows: int, vehicles: int, consent_sha256: bytes, sources: Sequence[Source]
) -> dict[str, Any]:
    """The manifest less its files."""
    quote = license.quote
    signals = known_signals(quote.signals)
    statistics = quote.tier == AGGREGATE
    return {
        "format": FORMAT,
        "license": {"id": str(license.pk), "number": license.number},
        "union": {"id": str(license.union_id), "name": license.union.name},
        "offer": quote.offer.name,
        "buyer": license.organization.name,
        "period": {"from": quote.period_from.isoformat(), "to": quote.period_to.isoformat()},
        "tier": quote.tier,
        "purpose": quote.purpose,
        "retention_days": rulebook.parse(quote.policy.rules).retention_days,
        "terms_of_use": list(TERMS),
        "rows": rows,
        "vehicles": vehicles // 5 * 5 if statistics else vehicles,
        "columns": columns(signals, statistics=statistics),
        "signals": [_signal(signal, statistics=statistics) for signal in signals],
        "policy": {"number": quote.policy.number, "sha256": bytes(quote.policy.sha256).hex()},
        "price_list": {"number": quote.terms.number, "split_rule": quote.terms.split_rule},
        "consent_sha256": consent_sha256.hex(),
        "code_version": code_version(),
        "sources": attributions(sources),
        "simulated": simulated(sources),
        "not_in_it": not_in_it(statistics=statistics),
    }


def columns(signals: Iterable[Signal], *, statistics: bool) -> list[dict[str, str]]:
    """Name, type, unit and meaning of each column, in the file's order."""
    also, known = (WORD_COLUMN, "codes") if statistics else (CELL_COLUMN, "cell")
    has = any(bool(signal.codes) if known == "codes" else signal.id == CELL for signal in signals)
    listed = (*(STATISTIC_COLUMNS if statistics else ROW_COLUMNS), *((also,) if has else ()))
    return [dict(zip(("name", "type", "unit", "description"), column, strict=True)) for column in listed]


def attributions(sources: Iterable[Source]) -> list[str]:
    """The sentences that licenses of imported data demand, and that simulated data is owed."""
    found = {
        ATTRIBUTION[source.batch.format] for source in sources if source.batch and source.batch.format in ATTRIBUTION
    }
    return sorted(found | ({SIMULATED} if simulated(sources) != "none" else set()))


def simulated(sources: Iterable[Source]) -> str:
    """Whether `none`, `some` or `all` of the vehicles behind the rows are simulated."""
    marks = {source.vehicle.simulated or source.kind == Source.Kind.SIMULATOR for source in sources}
    return "none" if True not in marks else "some" if False in marks else "all"


def not_in_it(*, statistics: bool) -> list[str]:
    """What a buyer must not expect, in words."""
    common = ["Nothing of drivers who did not allow this use, and nothing from trips they marked private."]
    if statistics:
        return [*common, "No day and signal with fewer vehicles or drivers than the union's floor."]
    return [
        *common,
        "No names, plates or vehicle numbers; pseudonyms differ from license to license.",
        "No position, altitude or heading of drivers who did not allow exact positions.",
        "No location younger than a day at the moment of purchase.",
        f"No exact position older than {EXACT_DAYS} days when this was built: of such days areas, if asked for.",
        "No position, area or speed in places that drivers hid, nor just around them.",
        "The odometer only in steps of 10 km.",
    ]


def withheld_words(rows: int, vehicles: int, *, k: int) -> dict[str, str]:
    """How many readings privacy zones withheld, to the nearest ten; not said if they are of fewer than k vehicles."""
    told = "0" if not rows else f"about {round(rows, -1)}" if vehicles >= k else "not said: of too few vehicles"
    return {"privacy_zones": told}


def _signal(signal: Signal, *, statistics: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"name": signal.name, "unit": signal.unit, "class": signal.signal_class}
    if signal.codes:
        told["codes"] = dict(signal.codes)
    if not statistics:
        told["coarse"] = words_of(blur(signal))
    return told


def words_of(how: Blur) -> str:
    """How coarse rows of a signal were made, in words."""
    minutes = how.microseconds // 60_000_000
    every = {15: "15 minutes", 60: "hour", 1440: "day"}[minutes]
    match how.way:
        case "mean":
            return f"mean of each {every}, in steps of {how.step:g}"
        case "last":
            return f"highest of each {every}, rounded down in steps of {how.step:g}"
        case "share":
            return f"share of each {every}"
        case "each":
            return f"each area once in {every}"
    return "never released coarse"
