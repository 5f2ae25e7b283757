"""API routes of the room `rewards`, below /api/v1/."""

from django.urls import URLPattern, path

from rewards import api

urlpatterns: list[URLPattern] = [
    path("licenses/<uuid:license_id>/settlement/", api.LicenseSettlement.as_view(), name="api-license-settlement"),
]
