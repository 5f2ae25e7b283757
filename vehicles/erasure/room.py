"""Which tables of this room and of the ground an erasure empties of a person, and which stay and why."""

from dimo.users import erasing
from vehicles.erasure.steps import Room

ERASED = (
    *("ingest_event", "late_message", "lake_erasure", "latest", "message", "reading_count", "rollup_1m", "rollup_5m"),
    "vehicles_batteryhealth",
    "vehicles_chargingplace",
    "vehicles_chargingsession",
    "vehicles_contactwish",
    "vehicles_dataexport",
    "vehicles_device",
    "vehicles_energyprice",
    "vehicles_faultcode",
    "vehicles_faultlist",
    "vehicles_hiddenstretch",
    "vehicles_importbatch",
    "vehicles_movementverdict",
    "vehicles_namedarea",
    "vehicles_pairing",
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
GROUND = Room("dimo", erased=erasing.ERASED, kept=erasing.KEPT, kept_of_account=erasing.KEPT_OF_ACCOUNT)
VEHICLES = Room("vehicles", erased=ERASED, kept=KEPT)
