"""What a vehicle's time left in PostgreSQL beside telemetry itself, deleted in an order that nothing protects."""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError

from dimo.users.models import User
from vehicles import trip_copies
from vehicles.charging import sessions
from vehicles.diagnostics import recording
from vehicles.erasure.steps import Subject, Time
from vehicles.models import (
    AppGrantVehicle,
    BatteryHealth,
    ChargingSession,
    Device,
    EnergyPrice,
    ExactRemoval,
    FaultList,
    HiddenStretch,
    ImportBatch,
    KeptRejection,
    Pairing,
    ParkedStretch,
    PrivacyZone,
    QuietEpisode,
    RejectionCount,
    Source,
    TransferOffer,
    Trip,
    TripSeam,
    Vehicle,
    VehicleContact,
    VehicleEvent,
    VehicleOwnership,
    VinClaim,
    new_salt,
)

Counted = dict[str, int]


def of_epoch(time: Time) -> dict[str, object]:
    """A filter for rows that name the owner epoch."""
    return {"vehicle": time.vehicle_id} if time.alone else {"vehicle": time.vehicle_id, "owner_epoch": time.epoch}


def gone(rows: QuerySet[Any]) -> int:
    """Delete rows; how many of this kind there were, those that go with them not counted."""
    return int(rows.delete()[1].get(rows.model._meta.label, 0))


@transaction.atomic
def erase_trips(time: Time) -> Counted:
    """Trips with their prints, the driver's words on them, and charging sessions. Copies elsewhere come to count."""
    own = Trip.objects.filter(**of_epoch(time))
    count = own.count()
    trip_copies.forget(list(own.filter(duplicates__isnull=False).distinct()))
    own.update(duplicate_of=None)
    own.delete()
    charges = ChargingSession.objects.filter(**of_epoch(time))
    charged = charges.count()
    sessions.forget(list(charges.filter(duplicates__isnull=False).distinct()))
    charges.delete()
    return {
        "vehicles_trip": count,
        "vehicles_chargingsession": charged,
        "vehicles_tripseam": gone(TripSeam.objects.filter(source__vehicle=time.vehicle_id, **time.covers("starts_at"))),
        "vehicles_hiddenstretch": gone(
            HiddenStretch.objects.filter(vehicle=time.vehicle_id, **time.covers("starts_at"))
        ),
    }


@transaction.atomic
def erase_facts(time: Time, person: User) -> Counted:
    """Events, fault codes, verdicts, prices, battery, silence, claims, offers, refusals, zones and apps' reach."""
    vehicle = time.vehicle_id
    current = time.alone or time.until is None
    since, until = (None, None) if time.alone else (time.since, time.until)
    counts = {
        "vehicles_vehicleevent": gone(VehicleEvent.objects.filter(vehicle=vehicle, **time.covers("ts"))),
        "vehicles_faultcode": recording.erase_between(vehicle_id=vehicle, since=since, until=until),
        "vehicles_faultlist": gone(FaultList.objects.filter(vehicle=vehicle, **time.covers("ts"))),
        "vehicles_energyprice": gone(EnergyPrice.objects.filter(**of_epoch(time))),
        "vehicles_batteryhealth": gone(BatteryHealth.objects.filter(**of_epoch(time))),
        "vehicles_parkedstretch": gone(ParkedStretch.objects.filter(**of_epoch(time))),
        "vehicles_keptrejection": gone(KeptRejection.objects.filter(**of_epoch(time))),
        "vehicles_appgrantvehicle": gone(AppGrantVehicle.objects.filter(**of_epoch(time))),
        "vehicles_privacyzone": gone(PrivacyZone.objects.filter(vehicle=vehicle, owner=person)),
        "vehicles_quietepisode": gone(QuietEpisode.objects.filter(**of_epoch(time))),
        "vehicles_vinclaim": gone(VinClaim.objects.filter(vehicle=vehicle, claimant=person)),
        "vehicles_transferoffer": gone(TransferOffer.objects.filter(vehicle=vehicle, seller=person)),
        "vehicles_pairing": gone(Pairing.objects.filter(**of_epoch(time))),
    }
    if current:
        counts["vehicles_vehiclecontact"] = gone(VehicleContact.objects.filter(vehicle=vehicle))
    with connection.cursor() as cursor:
        if time.alone:
            cursor.execute("SELECT erase_movement(%s)", [vehicle])
        else:
            cursor.execute("SELECT erase_movement(%s, %s)", [vehicle, time.epoch])
        counts["vehicles_movementverdict"] = int(cursor.fetchone()[0])
    return counts


@transaction.atomic
def erase_sources(time: Time, person: User) -> Counted:
    """Where readings came from, what of them was refused and counted, and files that were uploaded."""
    own = Source.objects.filter(vehicle=time.vehicle_id)
    if not time.alone:
        own = own.filter(batch__owner=person)
    days: dict[str, date] = {}
    if not time.alone and time.since is not None:
        days["day__gte"] = time.since.date()
    if not time.alone and time.until is not None:
        days["day__lte"] = time.until.date()
    counts = {
        "vehicles_rejectioncount": gone(RejectionCount.objects.filter(source__vehicle=time.vehicle_id, **days)),
        "reading_count": forget_counts(time, days),
    }
    removals = ExactRemoval.objects.filter(source__vehicle=time.vehicle_id)
    if not time.alone:
        removals = removals.filter(owner_epoch=time.epoch)
    counts["vehicles_exactremoval"] = gone(removals)
    batches = list(ImportBatch.objects.filter(sources__in=own, owner=person).distinct())
    devices = list(Device.objects.filter(sources__in=own, owner=person).distinct())
    counts["vehicles_source"] = gone(own)
    counts["vehicles_device"] = drop_devices(devices)
    empty = [batch for batch in batches if not batch.sources.exists()]
    return counts | drop_batches(empty)


def forget_counts(time: Time, days: dict[str, date]) -> int:
    """Delete the days' counts of readings; how many days there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM reading_count c USING vehicles_source s WHERE s.id = c.source_id AND s.vehicle_id = %s"
            " AND c.day BETWEEN coalesce(%s, '-infinity'::date) AND coalesce(%s, 'infinity'::date)",
            [time.vehicle_id, days.get("day__gte"), days.get("day__lte")],
        )
        return int(cursor.rowcount)


def drop_devices(devices: list[Device]) -> int:
    """Delete devices that nothing refers to any more; how many."""
    unused = [each for each in devices if not each.pairings.exists() and not each.sources.exists()]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ingest_event WHERE device_id = ANY(%s)", [[each.pk for each in unused]])
    return gone(Device.objects.filter(pk__in=[each.pk for each in unused]))


def drop_batches(batches: list[ImportBatch]) -> Counted:
    """Delete imports with the files that still wait for them."""
    files = 0
    for batch in batches:
        path = Path(settings.MEDIA_ROOT) / batch.path
        if batch.path and path.is_file():
            path.unlink(missing_ok=True)
            files += 1
    Vehicle.objects.filter(made_by__in=batches).update(made_by=None)
    return {
        "vehicles_importbatch": gone(ImportBatch.objects.filter(pk__in=[each.pk for each in batches])),
        "uploaded files": files,
    }


@transaction.atomic
def erase_vehicle_row(time: Time, subject: Subject) -> Counted:
    """Delete the vehicle and who owned it when; where sales or consents refer to it, a row without any fact stays."""
    VehicleOwnership.objects.filter(vehicle=time.vehicle_id, epoch=time.epoch).delete()
    vehicle = Vehicle.objects.select_for_update().filter(pk=time.vehicle_id, owner=subject.person).first()
    if vehicle is None or vehicle.owner_epoch != time.epoch:
        return {}
    if time.alone:
        try:
            with transaction.atomic():
                vehicle.delete()
            return {"vehicles_vehicle": 1}
        except (ProtectedError, RestrictedError):
            vehicle.make = vehicle.model = vehicle.powertrain = ""
            vehicle.year = None
    vehicle.nickname, vehicle.timezone, vehicle.made_by = "", "UTC", None
    vehicle.vin_tag, vehicle.vin_sealed, vehicle.salt = None, None, new_salt()
    vehicle.retired_at = vehicle.retired_at or subject.now
    vehicle.save()
    return {"names, VIN and salt of a vehicle": 1}
