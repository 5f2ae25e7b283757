"""Tables of what followed from readings: trips and what you said of them, charging, events, faults, verdicts."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db.models import QuerySet

from dimo.users.models import User
from vehicles.diagnostics.reading import codes_of
from vehicles.exports.own_time import by_epoch, by_moment
from vehicles.exports.tables import Column, Table, at, listed
from vehicles.exports.vehicle_tables import VEHICLE
from vehicles.models import (
    BatteryHealth,
    ChargingSession,
    ContactWish,
    EnergyPrice,
    FaultList,
    HiddenStretch,
    MovementVerdict,
    QuietEpisode,
    Trip,
    TripSeam,
    VehicleEvent,
)
from vehicles.ownership_selectors import known_to

SOURCE: Final = at("source", "integer", "Which source told it", path="source_id")


def seams(user: User) -> QuerySet[TripSeam]:
    """Where this person joined or parted drives of their own time."""
    found = by_moment(TripSeam.objects.all(), owner=user, moment="starts_at", vehicle="source__vehicle")
    return found.order_by("starts_at", "pk")


def fault_rows(user: User) -> Iterator[Sequence[object]]:
    """Codes as pages tell them: those that a person's own times have in common with them, cut to these times."""
    for vehicle in known_to(owner=user).order_by("pk"):
        for fault in codes_of(vehicle=vehicle).order_by("began_at", "pk").iterator(chunk_size=2000):
            moments = (getattr(fault, name) for name in ("began_at", "seen_at", "gone_at"))
            yield vehicle.public_id, fault.source_id, fault.code, *moments


def in_order(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by("vehicle", "pk")


TABLES: Final = (
    listed(
        "trips",
        "a drive, as it was cut and as you joined, parted, tagged or deleted it",
        lambda user: by_epoch(Trip.objects.order_by("started_at", "pk"), owner=user),
        at("trip", "text", "The trip's number", path="public_id"),
        VEHICLE,
        SOURCE,
        at("started_at", "moment", "When it began"),
        at("ended_at", "moment", "The moment of its last reading"),
        at("distance_km", "number", "How far", unit="km"),
        at("readings", "integer", "How many messages it holds"),
        at("max_speed_kmh", "number", "The highest speed", unit="km/h"),
        at("soc_used_pct", "number", "How much of the battery's charge it used", unit="percent"),
        at("fuel_used_l", "number", "How much fuel it used", unit="l"),
        at("energy_kwh", "number", "How much energy left the battery; negative: it was filled", unit="kWh"),
        at("energy_by", "text", "How the energy was told: counter, power or level"),
        at("odometer_start_km", "number", "The odometer at its begin", unit="km"),
        at("odometer_end_km", "number", "The odometer at its end", unit="km"),
        at("stops", "integer", "How many stands of a minute or more"),
        at("celsius", "number", "The mean temperature of the air outside", unit="°C"),
        at("start_cell", "integer", "The area of its begin: an H3 cell of resolution 7, as its upper 40 bits"),
        at("end_cell", "integer", "The area of its end, in the same form"),
        at("doubts", "json", "How many readings are doubted, by the name of the doubt"),
        at("private", "yes/no", "Whether you withheld it from every dataset"),
        at("tag", "text", "Your tag: business or private"),
        at("note", "text", "Your note"),
        at("edited_at", "moment", "When you changed it last"),
        at("deleted_at", "moment", "When you deleted it; its readings are kept until they are erased"),
        at("duplicate_of", "text", "The trip that it repeats; such a trip counts once", path="duplicate_of__public_id"),
    ),
    listed(
        "trip_edits",
        "your word on where drives join or part",
        seams,
        at("vehicle", "text", "The vehicle's number", path="source__vehicle__public_id"),
        SOURCE,
        at("kind", "text", "Whether you joined or parted"),
        at("starts_at", "moment", "Where the seam begins"),
        at("ends_at", "moment", "Where it ends"),
        at("made_at", "moment", "When you said so"),
    ),
    listed(
        "hidden_stretches",
        "a stretch of time that you withheld",
        lambda user: in_order(by_moment(HiddenStretch.objects.all(), owner=user, moment="starts_at")),
        VEHICLE,
        SOURCE,
        at("reason", "text", "Whether the trip was private or deleted"),
        at("starts_at", "moment", "Its begin"),
        at("ends_at", "moment", "Its last moment, included"),
        at("made_at", "moment", "When you withheld it"),
    ),
    listed(
        "charging_sessions",
        "one charge of a vehicle",
        lambda user: by_epoch(ChargingSession.objects.order_by("started_at", "pk"), owner=user),
        at("session", "text", "The session's number", path="public_id"),
        VEHICLE,
        SOURCE,
        at("started_at", "moment", "When it began"),
        at("ended_at", "moment", "The moment of its last reading"),
        at("soc_from", "number", "The charge level before", unit="percent"),
        at("soc_to", "number", "The charge level after", unit="percent"),
        at("energy_kwh", "number", "How much energy it took", unit="kWh"),
        at("energy_method", "text", "How the energy was told"),
        at("peak_kw", "number", "The highest power", unit="kW"),
        at("mean_kw", "number", "The mean power", unit="kW"),
        at("current", "text", "Whether it was alternating (ac) or direct (dc) current"),
        at("cell", "text", "The area: an H3 cell of resolution 7"),
        at("odometer_km", "number", "The odometer then", unit="km"),
        at("soh_pct", "number", "The battery's health as the car told it", unit="percent"),
        at("full_range_km", "number", "The range of a full battery as the car told it", unit="km"),
        at("capacity_kwh", "number", "The capacity that energy and levels tell of", unit="kWh"),
        at("curve", "json", "The curve: seconds since the begin, percent, kW"),
        at("doubts", "json", "Why we doubt it, as codes"),
        at("said_place", "text", "Your word on where it was: home or away; empty: none"),
        at("paid", "number", "What you say it cost"),
        at("paid_currency", "text", "The currency of that, ISO 4217"),
    ),
    listed(
        "energy_prices",
        "what you pay for energy in a period",
        lambda user: in_order(by_epoch(EnergyPrice.objects.all(), owner=user)),
        VEHICLE,
        at("from", "day", "The period's first day", path="period__startswith"),
        at("until", "day", "The day after its last; empty: without an end", path="period__endswith"),
        at("currency", "text", "The currency, ISO 4217"),
        at("fuel_per_liter", "number", "The price of a liter of fuel"),
        at("home_per_kwh", "number", "The price of a kilowatt hour at home"),
        at("away_per_kwh", "number", "The price of a kilowatt hour elsewhere"),
        at("home_share_pct", "integer", "How much of the energy is charged at home", unit="percent"),
    ),
    listed(
        "battery_health",
        "what charging tells of a battery",
        lambda user: in_order(by_epoch(BatteryHealth.objects.all(), owner=user)),
        VEHICLE,
        at("health_pct", "number", "Its health, in percent of new", unit="percent"),
        at("as_of", "moment", "As of when"),
        at("shared_since", "moment", "Since when you let it be compared with others; empty: you do not"),
    ),
    listed(
        "events",
        "something that a device told of besides readings",
        lambda user: by_moment(VehicleEvent.objects.order_by("ts", "pk"), owner=user, moment="ts"),
        VEHICLE,
        SOURCE,
        at("name", "text", "What happened"),
        at("time", "moment", "When it began", path="ts"),
        at("duration_ns", "integer", "How long it lasted", unit="ns"),
        at("metadata", "json", "What the device told besides"),
    ),
    Table(
        "fault_codes",
        "a fault code that stands or stood while the vehicle was yours",
        (
            VEHICLE.column,
            SOURCE.column,
            Column("code", "text", "The code, as SAE J2012 spells it"),
            Column("opened_at", "moment", "When it was first told; of one that stood before, when it became yours"),
            Column("last_seen_at", "moment", "When it was last told in your time"),
            Column("cleared_at", "moment", "When it was gone; empty: it stands, or stood when you handed it over"),
        ),
        fault_rows,
    ),
    listed(
        "fault_lists",
        "a list of all codes that stood at a moment",
        lambda user: by_moment(FaultList.objects.order_by("ts", "pk"), owner=user, moment="ts"),
        VEHICLE,
        SOURCE,
        at("time", "moment", "When it was told", path="ts"),
        at("codes", "json", "The codes"),
    ),
    listed(
        "movement_verdicts",
        "whether a vehicle was driven in a week, as it was judged then",
        lambda user: by_epoch(MovementVerdict.objects.order_by("week", "revision", "pk"), owner=user),
        VEHICLE,
        at("week", "day", "The week's Monday, UTC"),
        at("revision", "integer", "Which judgment of the week it is; a later one counts"),
        at("proved", "yes/no", "Whether the numbers agree with a vehicle that was driven"),
        at("earns", "yes/no", "Whether it counts for rewards"),
        at("kind", "text", "What told it"),
        at("km", "number", "The distance of drives that count", unit="km"),
        at("odometer_km", "number", "The distance by odometer", unit="km"),
        at("trips", "integer", "How many trips count"),
        at("reasons", "json", "Why, as codes with figures"),
        at("evidence", "json", "What it was judged by"),
        at("judged_at", "moment", "When it was judged"),
    ),
    listed(
        "quiet_times",
        "a time in which a vehicle was not heard for much longer than usual",
        lambda user: in_order(by_epoch(QuietEpisode.objects.all(), owner=user)),
        VEHICLE,
        at("since", "moment", "When it was last heard"),
        at("noticed_at", "moment", "When it was noticed"),
        at("cause", "text", "The likely cause, as a code"),
        at("resolved_at", "moment", "When it was heard again"),
    ),
    listed(
        "contact_wishes",
        "how you want to be told that a vehicle has gone quiet",
        lambda user: ContactWish.objects.filter(owner=user),
        at("by_mail", "yes/no", "Whether by mail too"),
    ),
)
