"""Who owns which vehicle, and which device measures which vehicle when."""

from vehicles.registry.garage import register_vehicle, rename_vehicle, retire_vehicle
from vehicles.registry.offers import (
    Offered,
    OfferOver,
    OfferUnknown,
    accept_offer,
    offer_by,
    offer_transfer,
    withdraw_offer,
)
from vehicles.registry.pairing import (
    ChallengeNotAnswered,
    DeviceNotPaired,
    DevicePaired,
    DeviceTaken,
    answered_by,
    device_challenge,
    open_pairings,
    pair_device,
    register_device,
    unpair_all,
    unpair_device,
)
from vehicles.registry.refusals import NotTheOwner, VehicleRetired
from vehicles.registry.transfer import OwnerChange, OwnerChangeStep, SameOwner, on_owner_change, transfer_vehicle

__all__ = [
    "ChallengeNotAnswered",
    "DeviceNotPaired",
    "DevicePaired",
    "DeviceTaken",
    "NotTheOwner",
    "OfferOver",
    "OfferUnknown",
    "Offered",
    "OwnerChange",
    "OwnerChangeStep",
    "SameOwner",
    "VehicleRetired",
    "accept_offer",
    "answered_by",
    "device_challenge",
    "offer_by",
    "offer_transfer",
    "on_owner_change",
    "open_pairings",
    "pair_device",
    "register_device",
    "register_vehicle",
    "rename_vehicle",
    "retire_vehicle",
    "transfer_vehicle",
    "unpair_all",
    "unpair_device",
    "withdraw_offer",
]
