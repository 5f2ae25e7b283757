"""A vehicle with a row in every table that erasing must empty, and where anything of it may still be found."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow.dataset as ds
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection
from psycopg.types.range import DateRange, TimestamptzRange

from dimo import crypto
from dimo.audit.models import AccessEntry
from dimo.oauth.models import App, AppCredential, AppSession
from tests.vehicles.factories import drive, make_user, make_vehicle
from tests.vehicles.store import world
from vehicles import contact, imports, registry, telemetry, trips
from vehicles.models import (
    AppGrant,
    AppGrantVehicle,
    BatteryHealth,
    ChargingPlace,
    ChargingSession,
    Device,
    EnergyPrice,
    ExactRemoval,
    ExactWish,
    FaultCode,
    FaultList,
    HiddenStretch,
    KeptRejection,
    MovementVerdict,
    NamedArea,
    Pairing,
    ParkedStretch,
    PrivacyZone,
    QuietEpisode,
    RejectionCount,
    Source,
    TransferOffer,
    Trip,
    TripPrint,
    TripSeam,
    VehicleContact,
    VehicleEvent,
    VinClaim,
)
from vehicles.models.ownership import VehicleOwnership
from vehicles.rejections.keeping import LABEL

NOW = world.NOW
START = world.START
VIN = "1M8GDM9AXKP042788"
WITH_VEHICLE = """
SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND a.attname = 'vehicle_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


def full_vehicle(owner=None):
    """A vehicle with readings on two days and something of everything; its source."""
    vehicle = make_vehicle(owner=owner or make_user(name="Ada"), nickname="Blue", model="Kei", year=2024)
    person = vehicle.owner
    registry.enter_vin(vehicle=vehicle, owner=person, vin=VIN, now=NOW)
    vehicle.refresh_from_db()
    device = Device.objects.create(owner=person, kind="hardware", label="My box", address=f"0x{vehicle.pk:040x}")
    Pairing.objects.create(device=device, vehicle=vehicle, owner_epoch=1, period=TimestamptzRange(START, None))
    source = Source.objects.create(vehicle=vehicle, kind="device", device=device, grade="envelope_signed")
    for day in range(2):
        told = drive(START + timedelta(days=day))
        telemetry.store_readings(vehicle=vehicle, source=source, readings=told, now=NOW)
        trips.cut_trips(vehicle=vehicle, source=source, since=told[0].ts, until=told[-1].ts, now=NOW)
    fill(vehicle, source)
    return source


def fill(vehicle, source) -> None:
    """One row of each kind that hangs on a vehicle or its owner."""
    person, of = vehicle.owner, {"vehicle": vehicle, "source": source}
    epoch = {"vehicle": vehicle, "owner_epoch": vehicle.owner_epoch}
    trip = Trip.objects.filter(vehicle=vehicle).first()
    TripPrint.objects.create(trip=trip, ended_at=trip.ended_at, readings=1, prints=[1])
    TripSeam.objects.create(source=source, kind="split", starts_at=START, ends_at=START)
    HiddenStretch.objects.create(**of, reason="private", starts_at=START, ends_at=START)
    ChargingSession.objects.create(**epoch, source=source, started_at=START, ended_at=START, readings=1)
    EnergyPrice.objects.create(**epoch, period=DateRange(START.date(), None), currency="EUR", home_per_kwh=1)
    BatteryHealth.objects.create(**epoch, health_pct=90)
    VehicleEvent.objects.create(**of, name="behavior.harshBraking", ts=START)
    FaultList.objects.create(**of, ts=START, codes=["P0420"])
    FaultCode.objects.create(**of, code="P0420", opened_at=START, last_seen_at=START)
    MovementVerdict.objects.create(
        **epoch, week="2025-03-03", revision=1, proved=False, earns=False, kind="none", km=1, gps_km=1, trips=1,
        days=1, signed_share=0, witnesses=0, trips_digest="x",
    )  # fmt: skip
    VehicleContact.objects.create(vehicle=vehicle)
    QuietEpisode.objects.create(**epoch, since=START, noticed_at=START)
    RejectionCount.objects.create(source=source, day=START.date(), signal="speed", code="out_of_range", count=1)
    VinClaim.objects.get_or_create(vehicle=vehicle, defaults={"claimant": person, "vin_tag": b"t", "vin_sealed": b"s"})
    TransferOffer.objects.create(
        vehicle=vehicle, seller=person, owner_epoch=1, token_hash=bytes([vehicle.pk % 256]) * 32,
        expires_at=datetime(2099, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    NamedArea.objects.create(owner=person, cell=vehicle.pk, name="Aunt")
    ChargingPlace.objects.create(owner=person, cell=str(vehicle.pk), kind="home")
    contact.set_mail(owner=person, by_mail=True)
    fill_permissions(vehicle, source)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ingest_event VALUES (%s, 's', 'i', 'b', %s, %s)", [source.device_id, vehicle.pk, START]
        )
        # What came late for a closed day, though none is closed here.
        cursor.execute(
            "INSERT INTO late_message (ts, vehicle_id, source_id, sig, val) VALUES (%s, %s, %s, '{6}', '{1}')",
            [START + timedelta(hours=9), vehicle.pk, source.pk],
        )


def fill_permissions(vehicle, source) -> None:
    """What a person let others read and hides from them, what of theirs was refused, and who read."""
    person, epoch = vehicle.owner, {"vehicle": vehicle, "owner_epoch": vehicle.owner_epoch}
    about = {"event": "e", "detail": "", "refused": [[0, "speed", "out_of_range"]], "size": 2, "cut": False}
    sealed = crypto.seal(json.dumps(about | {"sent": "{}"}).encode(), label=LABEL, place=str(vehicle.pk).encode())
    KeptRejection.objects.create(
        **epoch, device=source.device, received_at=NOW, day=NOW.date(), slot=1, code="out_of_range", sealed=sealed
    )
    PrivacyZone.objects.create(owner=person, vehicle=vehicle, label="Harbor", radius_m=300, lat=1, lon=2)
    PrivacyZone.objects.create(owner=person, label="Island", radius_m=500, lat=1, lon=2)
    ExactWish.objects.get_or_create(owner=person)
    ExactRemoval.objects.create(source=source, owner_epoch=vehicle.owner_epoch, until=START)
    ParkedStretch.objects.create(**epoch, since=START, until=NOW, before_pct=80, after_pct=79)
    app = App.objects.create(
        developer=make_user(),
        name="Planner",
        publisher="Labs",
        redirect_uris=["https://app.example/"],
        scopes=["trips"],
    )
    grant = AppGrant.objects.create(
        app=app, owner=person, scopes=["trips"], expires_at=datetime(2099, 1, 1, tzinfo=UTC)
    )
    AppGrantVehicle.objects.create(**epoch, grant=grant)
    session = AppSession.objects.create(app=app, user=person, scopes=["trips"], redirect_uri="x", code_challenge="y")
    AppCredential.objects.create(
        session=session, kind="access", secret_sha256=session.pk.bytes * 2, scopes=["trips"],
        expires_at=datetime(2099, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    AccessEntry.objects.create(
        owner=person, vehicle_id=vehicle.pk, reader="app", reader_id=str(app.pk), reader_name=app.name, what="trips",
        scopes=["trips"], rows=1, under="grant", under_id=str(grant.pk),
    )  # fmt: skip


def waiting_import(vehicle):
    """An upload that still waits with its file."""
    return imports.start_import(
        owner=vehicle.owner, format="teslafi", file=ContentFile(b"Date,speed\n", name="drives.csv"),
        timezone="UTC", now=NOW, vehicle=vehicle,
    )  # fmt: skip


def tables_naming(vehicle_id: int) -> set[str]:
    """Tables with a row of the vehicle, whatever they are; erasures' own marks and the owner's log apart."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(WITH_VEHICLE)
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {name} WHERE vehicle_id = %s)", [vehicle_id])
            if cursor.fetchone()[0]:
                found.add(name)
    if apps.get_model("vehicles", "Vehicle").objects.filter(pk=vehicle_id).exists():
        found.add("vehicles_vehicle")
    return found - {"vehicles_erasedtime", "dimo_accessentry"}


def in_files() -> set[int]:
    """Vehicles in any Parquet file below the lake, named by a version or not."""
    from pathlib import Path

    files = [str(path) for path in Path(settings.LAKE_URL).rglob("*.parquet") if "_delta_log" not in path.parts]
    if not files:
        return set()
    return set(ds.dataset(files, format="parquet").to_table(columns=["vehicle_id"]).column(0).to_pylist())


def owned_epochs(vehicle_id: int) -> list[int]:
    return list(VehicleOwnership.objects.filter(vehicle=vehicle_id).values_list("epoch", flat=True))
