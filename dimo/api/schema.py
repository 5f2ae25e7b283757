"""How the API describes itself: security schemes and the shape of refusals, for every operation."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Address of the code's explanation"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; decide by this"},
        "detail": {"type": "string", "description": "One sentence for people"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
        "facts": {"type": "object", "additionalProperties": True, "description": "Figures a program may act on"},
        "request_id": {"type": "string"},
    },
}
REFUSALS = {
    "400": "Not valid; `errors` names each field",
    "401": "No key or session, or one that does not work",
    "403": "The key does not bear the scope",
    "404": "Nothing here that you may see",
    "409": "The rules refuse this; `code` says which",
    "422": "The Idempotency-Key was used for another request",
    "429": "Too many requests; wait as long as Retry-After says",
    "503": "Ask again shortly",
}
PLAIN_READS = {"409", "422"}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "dimo.api.authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "du_live_<prefix>_<secret>",
            "description": "An API key, made on the settings page. Scopes: buyer, device, driver, steward.",
        }


class AppScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "dimo.api.authentication.AppAuthentication"
    name = "appToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "du_app_…",
            "description": "An app's token, by OAuth2 with PKCE; it reads what the owner granted (docs/api.md).",
        }


def add_refusals(result: dict[str, Any], generator: object, request: object, public: bool) -> dict[str, Any]:
    """Each operation may answer with a problem; said once per operation instead of in every view."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result.get("paths", {}).values():
        for method, operation in operations.items():
            reads = method in ("get", "head")
            for status, words in REFUSALS.items():
                if not (reads and status in PLAIN_READS):
                    operation["responses"].setdefault(status, {"description": words, "content": content})
    return result
