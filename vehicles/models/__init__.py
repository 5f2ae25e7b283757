"""What is known of vehicles: who owns them, what measures them, and what follows from what was measured.

Telemetry itself (`message`, `ingest_event`, `rollup_1m`) is SQL, see the migrations and `telemetry.py`.
"""

from vehicles.models.areas import NamedArea
from vehicles.models.costs import EnergyPrice
from vehicles.models.registry import Device, Pairing, Vehicle, new_salt
from vehicles.models.sources import ImportBatch, RejectionCount, Source
from vehicles.models.trips import HiddenStretch, Trip, TripSeam

__all__ = [
    "Device",
    "EnergyPrice",
    "HiddenStretch",
    "ImportBatch",
    "NamedArea",
    "Pairing",
    "RejectionCount",
    "Source",
    "Trip",
    "TripSeam",
    "Vehicle",
    "new_salt",
]
