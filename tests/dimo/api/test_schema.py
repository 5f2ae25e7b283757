"""The API describes itself, and the description is valid and offline."""

import re

import pytest
import yaml
from django.test import Client
from drf_spectacular.validation import validate_schema

pytestmark = pytest.mark.django_db


def schema(client: Client) -> dict:
    response = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi")
    assert response.status_code == 200
    return yaml.safe_load(response.content)


def test_the_description_is_valid_openapi(client: Client) -> None:
    described = schema(client)
    validate_schema(described)
    assert described["info"]["title"] == "Commons API"


def test_keys_and_refusals_are_described_on_every_operation(client: Client) -> None:
    described = schema(client)
    assert described["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    operation = described["paths"]["/api/v1/acts/"]["post"]
    assert {"apiKey": []} in operation["security"]
    assert {"400", "401", "409", "422", "429"} <= set(operation["responses"])
    problem = operation["responses"]["409"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert "422" not in described["paths"]["/api/v1/echo/"]["get"]["responses"]


def test_the_idempotency_key_is_described_where_it_is_needed(client: Client) -> None:
    parameters = schema(client)["paths"]["/api/v1/acts/"]["post"]["parameters"]
    assert [(p["name"], p["in"], p["required"]) for p in parameters] == [("Idempotency-Key", "header", True)]


def test_the_reference_page_loads_nothing_from_elsewhere(client: Client) -> None:
    response = client.get("/api/docs/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "swagger-ui-bundle" in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)


def test_only_the_reference_page_may_style_itself(client: Client) -> None:
    docs = client.get("/api/docs/")["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in docs
    assert "'unsafe-eval'" not in docs
    assert "script-src 'self'" in docs
    elsewhere = client.get("/api/problems/")["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" not in elsewhere
    assert "default-src 'none'" in elsewhere
