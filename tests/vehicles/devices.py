"""Devices that are registered and paired, and a way to post what they signed."""

import json
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from commons_device.envelopes import BATCH, DeviceClient
from tests.vehicles.factories import make_vehicle
from vehicles import registry
from vehicles.models import Device, Vehicle

_keys = iter(range(1, 10_000))


def make_client(vehicle: Vehicle | None = None, *, kind=Device.Kind.HARDWARE, paired_for=timedelta(days=40), **pairing):
    """A client whose device is registered by its key and measures the vehicle since a while ago."""
    vehicle = vehicle or make_vehicle()
    client = DeviceClient(key=next(_keys).to_bytes(32, "big"), subject=f"urn:uuid:{vehicle.public_id}")
    challenge = registry.device_challenge(owner=vehicle.owner)
    device = registry.register_device(
        owner=vehicle.owner, kind=kind, challenge=challenge, signature=client.answer(challenge), now=timezone.now()
    )
    registry.pair_device(device=device, vehicle=vehicle, now=timezone.now() - paired_for, **pairing)
    client.device, client.vehicle = device, vehicle
    return client


def reading(name="speed", value=50.0, *, ago=10.0):
    ts = timezone.now() - timedelta(seconds=ago)
    return {"name": name, "timestamp": ts.isoformat(), "value": value}


def place(latitude=10.0, longitude=20.0, **more):
    ago = more.pop("ago", 10.0)
    return reading("currentLocationCoordinates", {"latitude": latitude, "longitude": longitude, **more}, ago=ago)


def post(http, body, *, content_type=BATCH, **headers):
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return http.post("/api/v1/ingest", data, content_type=content_type, headers=headers)


def stored(vehicle: Vehicle):
    """Every stored reading as {signal id: values in order}."""
    found: dict[int, list[float]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT sig, val FROM message WHERE vehicle_id = %s ORDER BY ts, source_id", [vehicle.pk])
        for sig, val in cursor.fetchall():
            for signal, value in zip(sig, val, strict=True):
                found.setdefault(signal, []).append(value)
    return found
