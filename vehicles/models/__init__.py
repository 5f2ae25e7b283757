"""What is known of vehicles: who owns them, what measures them, and what follows from what was measured.

Telemetry itself (`message`, `ingest_event`, `rollup_1m`) is SQL, see the migrations and `telemetry.py`.
"""

from vehicles.models.apps import AppGrant, AppGrantVehicle
from vehicles.models.areas import NamedArea
from vehicles.models.charging import BatteryHealth, ChargingPlace, ChargingSession, ParkedStretch, PeerMedian
from vehicles.models.contact import ContactWish, QuietEpisode, VehicleContact
from vehicles.models.costs import EnergyPrice
from vehicles.models.days import LakeErasure, SealedDay
from vehicles.models.diagnostics import FaultCode, FaultList
from vehicles.models.events import VehicleEvent
from vehicles.models.leaving import DataExport, ErasedTime, Erasure, ErasureCertificate
from vehicles.models.movement import MovementVerdict, TripPrint
from vehicles.models.ownership import TransferOffer, VehicleOwnership, VinClaim
from vehicles.models.privacy import ExactRemoval, ExactWish, PrivacyZone
from vehicles.models.registry import Device, Pairing, Vehicle, new_salt
from vehicles.models.rejections import KeptRejection
from vehicles.models.sources import ImportBatch, RejectionCount, Source
from vehicles.models.trips import HiddenStretch, Trip, TripSeam

__all__ = [
    "AppGrant",
    "AppGrantVehicle",
    "BatteryHealth",
    "ChargingPlace",
    "ChargingSession",
    "ContactWish",
    "DataExport",
    "Device",
    "EnergyPrice",
    "ErasedTime",
    "Erasure",
    "ErasureCertificate",
    "ExactRemoval",
    "ExactWish",
    "FaultCode",
    "FaultList",
    "HiddenStretch",
    "ImportBatch",
    "KeptRejection",
    "LakeErasure",
    "MovementVerdict",
    "NamedArea",
    "Pairing",
    "ParkedStretch",
    "PeerMedian",
    "PrivacyZone",
    "QuietEpisode",
    "RejectionCount",
    "SealedDay",
    "Source",
    "TransferOffer",
    "Trip",
    "TripPrint",
    "TripSeam",
    "Vehicle",
    "VehicleContact",
    "VehicleEvent",
    "VehicleOwnership",
    "VinClaim",
    "new_salt",
]
