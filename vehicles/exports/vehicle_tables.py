"""Tables about vehicles: who they are, what measures them, what was refused."""

from collections.abc import Iterator, Sequence
from typing import Final

from django.db import connection

from dimo.users.models import User
from vehicles import words
from vehicles.exports import own_time
from vehicles.exports.tables import Column, Table, at, listed
from vehicles.models import (
    ChargingPlace,
    Device,
    Erasure,
    ImportBatch,
    NamedArea,
    Pairing,
    RejectionCount,
    TransferOffer,
    Vehicle,
    VehicleOwnership,
    VinClaim,
)
from vehicles.ownership_selectors import STANDING, known_to
from vehicles.registry import identity

VEHICLE: Final = at("vehicle", "text", "The vehicle's number, as in the table vehicles", path="vehicle__public_id")
COUNTS = "SELECT day, stored, flagged FROM reading_count WHERE source_id = %s ORDER BY day"


def vehicle_rows(user: User) -> Iterator[Sequence[object]]:
    """Vehicles with the VIN in clear where it is this person's: of the vehicles that are theirs now."""
    for vehicle in known_to(owner=user).order_by("pk"):
        own = vehicle.owner_id == user.pk
        vin = identity.opened(vehicle) if own and vehicle.vin_sealed else ""
        facts: list[object] = [vehicle.public_id, str(vehicle), vehicle.kind, vehicle.make, vehicle.model, vehicle.year]
        facts += [vehicle.powertrain, vin, vehicle.timezone, vehicle.registered_at, own]
        yield [*facts, getattr(vehicle, "seen_since", None), getattr(vehicle, "seen_until", None)]


def refused_rows(user: User) -> Iterator[Sequence[object]]:
    """Counts of refused readings of a person's own sources and days."""
    days = own_time.days_of(owner=user)
    counts = RejectionCount.objects.filter(source__in=own_time.sources_of(owner=user)).select_related("source__vehicle")
    for row in counts.order_by("day", "pk").iterator(chunk_size=2000):
        vehicle: Vehicle = row.source.vehicle
        if any(first <= row.day <= last for first, last in days.get(vehicle.pk, ())):
            reason = words.refusal(row.code)
            yield vehicle.public_id, row.source_id, row.day, row.signal, row.code, reason, row.count, row.sample


def stored_rows(user: User) -> Iterator[Sequence[object]]:
    """Counts of stored readings of a person's own sources and days."""
    days = own_time.days_of(owner=user)
    for source in own_time.sources_of(owner=user).select_related("vehicle"):
        with connection.cursor() as cursor:
            cursor.execute(COUNTS, [source.pk])
            for day, stored, flagged in cursor.fetchall():
                if any(first <= day <= last for first, last in days.get(source.vehicle_id, ())):
                    yield source.vehicle.public_id, source.pk, day, stored, flagged


TABLES: Final = (
    Table(
        "vehicles",
        "a vehicle that is or was yours",
        (
            Column("vehicle", "text", "The vehicle's number; other tables and folders refer to it"),
            Column("name", "text", "What you call it, or its make and model"),
            Column("kind", "text", "What kind of device it is, such as car"),
            Column("make", "text", "Who made it"),
            Column("model", "text", "Which model it is"),
            Column("model_year", "integer", "Its model year"),
            Column("powertrain", "text", "How it is driven: combustion, hybrid, plug_in or electric"),
            Column("vin", "text", "Its vehicle identification number, if you entered one and it is yours now"),
            Column("timezone", "text", "The zone in which you read its trips"),
            Column("registered_at", "moment", "When it was added"),
            Column("yours_now", "yes/no", "Whether it is yours still"),
            Column("yours_from", "moment", "Since when it is or was yours, the last time; empty: since it was added"),
            Column("yours_until", "moment", "Until when it was yours; empty: it is still"),
        ),
        vehicle_rows,
    ),
    listed(
        "vehicle_times",
        "a time in which a vehicle was yours; more than one where you bought it back",
        lambda user: VehicleOwnership.objects.filter(STANDING, owner=user).order_by("vehicle", "epoch"),
        VEHICLE,
        at("from", "moment", "When it became yours; empty: it was, when it was added", path="period__startswith"),
        at("until", "moment", "When you handed it over; empty: it is yours still", path="period__endswith"),
        at("name", "text", "What you called it at the end", path="nickname"),
    ),
    listed(
        "devices",
        "a device of yours",
        lambda user: Device.objects.filter(owner=user).order_by("pk"),
        at("device", "text", "The device's number", path="public_id"),
        at("kind", "text", "What it is: hardware, phone or connection"),
        at("label", "text", "What you call it"),
        at("address", "text", "The address of the key with which it signs"),
        at("registered_at", "moment", "When it was registered"),
        at("last_seen_at", "moment", "When it was last heard"),
        at("flagged_at", "moment", "When it became suspect, because a number came back with other contents"),
    ),
    listed(
        "pairings",
        "a time in which a device measured a vehicle",
        lambda user: own_time.by_epoch(Pairing.objects.order_by("pk"), owner=user),
        VEHICLE,
        at("device", "text", "The device's number", path="device__public_id"),
        at("from", "moment", "When it began to measure the vehicle", path="period__startswith"),
        at("until", "moment", "When it ceased to; empty: it still measures it", path="period__endswith"),
        at("subject", "text", "What the device calls the vehicle"),
    ),
    listed(
        "sources",
        "something that readings came from",
        lambda user: own_time.sources_of(owner=user),
        at("source", "integer", "The source's number, as readings and trips name it", path="id"),
        VEHICLE,
        at("kind", "text", "What it is: device, import or simulator"),
        at("device", "text", "The device's number, where it is one", path="device__public_id"),
        at("import", "text", "The import's number, where it is one", path="batch__id"),
        at("grade", "text", "How far its readings are vouched for"),
    ),
    listed(
        "imports",
        "a file that you brought in",
        lambda user: ImportBatch.objects.filter(owner=user).order_by("created_at", "pk"),
        at("import", "text", "The import's number", path="id"),
        at("format", "text", "What made the file"),
        at("filename", "text", "What the file was called"),
        at("timezone", "text", "The zone of the file's local times"),
        at("state", "text", "What became of it"),
        at("stored", "integer", "How many readings it stored"),
        at("duplicate", "integer", "How many of its readings were known already"),
        at("rejected", "json", "How many of its readings were refused, by reason"),
        at("created_at", "moment", "When you uploaded it"),
        at("finished_at", "moment", "When it was done"),
    ),
    Table(
        "refused_readings",
        "how many readings of a source were refused on a day, for a reason",
        (
            VEHICLE.column,
            Column("source", "integer", "Which source told them"),
            Column("day", "day", "The day on which they arrived, UTC"),
            Column("signal", "text", "Which signal; empty: the message as a whole"),
            Column("code", "text", "The reason's code"),
            Column("reason", "text", "The reason in words"),
            Column("count", "integer", "How many readings"),
            Column("sample", "json", "The first of them"),
        ),
        refused_rows,
    ),
    Table(
        "stored_readings",
        "how many readings of a source were stored on a day",
        (
            VEHICLE.column,
            Column("source", "integer", "Which source told them"),
            Column("day", "day", "The day on which they arrived, UTC"),
            Column("stored", "integer", "How many were stored"),
            Column("doubted", "integer", "How many of these are doubted"),
        ),
        stored_rows,
    ),
    listed(
        "vin_claims",
        "a VIN that you entered and that another vehicle had",
        lambda user: VinClaim.objects.filter(claimant=user).order_by("opened_at"),
        VEHICLE,
        at("state", "text", "What became of the claim"),
        at("opened_at", "moment", "When you entered the VIN"),
        at("settled_at", "moment", "When the claim was settled"),
    ),
    listed(
        "transfer_offers",
        "an offer of yours to hand a vehicle over",
        lambda user: TransferOffer.objects.filter(seller=user).order_by("offered_at"),
        VEHICLE,
        at("offered_at", "moment", "When you made the link"),
        at("expires_at", "moment", "Until when the link worked"),
        at("withdrawn_at", "moment", "When you withdrew it"),
        at("accepted_at", "moment", "When it was accepted"),
    ),
    listed(
        "named_areas",
        "an area that you gave a name",
        lambda user: NamedArea.objects.filter(owner=user).order_by("pk"),
        at("cell", "integer", "The area: an H3 cell of resolution 7, as its upper 40 bits"),
        at("name", "text", "What you call it"),
    ),
    listed(
        "charging_places",
        "an area where you charge",
        lambda user: ChargingPlace.objects.filter(owner=user).order_by("pk"),
        at("cell", "text", "The area: an H3 cell of resolution 7"),
        at("kind", "text", "Whether it is home or away"),
    ),
    listed(
        "erasures",
        "something that you asked to have erased",
        lambda user: Erasure.objects.filter(person=user).order_by("asked_at"),
        at("erasure", "text", "The erasure's number, as its certificate names it", path="id"),
        at("scope", "text", "Whether it was a vehicle or the account"),
        at("state", "text", "How far it has come"),
        at("asked_at", "moment", "When you asked"),
        at("done_at", "moment", "When it was done"),
    ),
)
