"""Which tables of this room and of the ground an erasure empties of a person, and which stay and why."""

from dimo.users import erasing
from vehicles import app_grants
from vehicles.erasure.steps import Room, Subject

ERASED = (
    *("ingest_event", "late_message", "lake_erasure", "latest", "message", "reading_count", "rollup_1m", "rollup_5m"),
    "vehicles_appgrant",
    "vehicles_appgrantvehicle",
    "vehicles_batteryhealth",
    "vehicles_chargingplace",
    "vehicles_chargingsession",
    "vehicles_contactwish",
    "vehicles_dataexport",
    "vehicles_device",
    "vehicles_energyprice",
    "vehicles_exactremoval",
    "vehicles_exactwish",
    "vehicles_faultcode",
    "vehicles_faultlist",
    "vehicles_hiddenstretch",
    "vehicles_importbatch",
    "vehicles_keptrejection",
    "vehicles_movementverdict",
    "vehicles_namedarea",
    "vehicles_pairing",
    "vehicles_parkedstretch",
    "vehicles_peermedian",
    "vehicles_privacyzone",
    "vehicles_quietepisode",
    "vehicles_rejectioncount",
    "vehicles_source",
    "vehicles_transferoffer",
    "vehicles_trip",
    "vehicles_tripprint",
    "vehicles_tripseam",
    "vehicles_vehiclecontact",
    "vehicles_vehicleevent",
    "vehicles_vehicleownership",
    "vehicles_vinclaim",
)
PROOF = "That an erasure was asked for and done stays, as the proof of it."
KEPT = {
    "vehicles_vehicle": "Where sales or consents refer to a vehicle, a row without name, VIN or maker stays.",
    "vehicles_erasure": PROOF,
    "vehicles_erasedtime": PROOF,
    "vehicles_erasurecertificate": PROOF,
}


def end_apps(subject: Subject) -> None:
    """No app reads what is to be erased, and none at all for an account that goes."""
    vehicles = None if subject.whole else [time.vehicle_id for time in subject.times]
    app_grants.end_with_erasure(owner=subject.person, vehicles=vehicles, now=subject.now)


GROUND = Room(
    "dimo",
    erased=erasing.ERASED,
    kept=erasing.KEPT,
    kept_of_account=erasing.KEPT_OF_ACCOUNT,
    kept_of_vehicle=erasing.KEPT_OF_VEHICLE,
)
VEHICLES = Room("vehicles", erased=ERASED, kept=KEPT, ends=end_apps)
