"""The API framework's own settings, apart from dimo.settings for their length."""

import os

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dimo.api.authentication.AppAuthentication",
        "dimo.api.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["dimo.api.permissions.PersonOrKey"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dimo.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "dimo.api.pagination.CursorPage",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["dimo.api.throttles.PerCaller"],
    "DEFAULT_THROTTLE_RATES": {
        "caller": os.environ.get("API_RATE", "600/min"),
        "anonymous": os.environ.get("API_RATE_ANONYMOUS", "60/min"),
        "ingest": os.environ.get("API_RATE_INGEST", "6000/min"),
        "oauth": os.environ.get("API_RATE_OAUTH", "120/min"),
    },
    "EXCEPTION_HANDLER": "dimo.api.problems.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Commons API",
    "VERSION": "1",
    "DESCRIPTION": "License data from unions of drivers, and send what a vehicle measures.",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ExportState": "vehicles.models.DataExport.State",
        "LicenseState": "licensing.models.License.State",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dimo.api.schema.add_refusals",
    ],
}
