"""What is known of vehicles: who owns them, what measures them, and what follows from what was measured.

Telemetry itself (`message`, `ingest_event`, `rollup_1m`) is SQL, see the migrations and `telemetry.py`.
"""

from vehicles.models.registry import Device, Pairing, Vehicle, new_salt
from vehicles.models.sources import ImportBatch, RejectionCount, Source
from vehicles.models.trips import Trip

__all__ = ["Device", "ImportBatch", "Pairing", "RejectionCount", "Source", "Trip", "Vehicle", "new_salt"]
