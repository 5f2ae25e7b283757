"""The room's API against its own schema: made-up requests of a driver, never a fault or an answer of another shape."""

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dimo.api import keys
from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.test_handover import sold

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
OURS = r"^/api/v1/vehicles"
KNOWN = ("", "with a query", "alone")  # whether the car is there
DAY = "2026-03-01"
ENOUGH = {  # what an operation cannot do without
    "GET /api/v1/vehicles/{public_id}/signals/": {"query": {"names": "speed"}},
    "POST /api/v1/vehicles/{public_id}/prices/": {
        "body": {"since": DAY, "currency": "EUR", "fuel_per_liter": "1.75"},
        "media_type": "application/json",
    },
    "DELETE /api/v1/vehicles/{public_id}/prices/{since}/": {"query": {}},
}


@pytest.fixture
def driver(transactional_db: None, client: Any) -> dict[str, str]:
    """The key of a driver who owns a car of which much is known, and the car's id."""
    device = make_client()
    event = {"name": "behavior.harshBraking", "timestamp": reading()["timestamp"], "durationNs": 5}
    signals = [reading(), reading("nonsense", 1), reading("obdDTCList", ["P0101"]), reading("isIgnitionOn", True)]
    post(client, [device.signed(signals, data={"signals": signals, "events": [event]})])
    sold()
    _, key = keys.issue_key(user=device.vehicle.owner, label="fuzz", scopes=["driver"])
    return {"key": key, "vehicle": str(device.vehicle.public_id)}


def answers(operation: Any, driver: dict[str, str]) -> set[int]:
    """Ask an operation in many ways, most of them about a car that is there; which status codes it answered with."""
    reached: set[int] = set()

    @settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), known=st.sampled_from(KNOWN))
    def ask(case: Any, known: str) -> None:
        if known and "public_id" in (case.path_parameters or {}):
            case.path_parameters["public_id"] = driver["vehicle"]
        if known == "alone":
            for part, value in ENOUGH.get(operation.label, {"query": {}}).items():
                setattr(case, part, value)
            if "since" in (case.path_parameters or {}):
                case.path_parameters["since"] = DAY
        response = case.call(headers={"Authorization": f"Bearer {driver['key']}"})
        case.validate_response(response, checks=CHECKS)
        reached.add(response.status_code)

    ask()
    return reached


def test_every_operation_answers_as_its_schema_says(driver: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dimo.api.throttles.PerCaller.allow_request", lambda *_: True)
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())
    operations = [found.ok() for found in schema.include(path_regex=OURS).get_all_operations()]
    assert len(operations) >= 7
    assert {each.label: bool(answers(each, driver) & {200, 201, 204}) for each in operations} == {
        each.label: True for each in operations
    }
