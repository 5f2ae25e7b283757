"""API routes of privacy zones and of how long exact positions are kept, below /api/v1/."""

from django.urls import URLPattern, path

from vehicles import privacy_api as api

urlpatterns: list[URLPattern] = [
    path("privacy-zones/", api.PrivacyZones.as_view(), name="api-privacy-zones"),
    path("privacy-zones/<uuid:public_id>/", api.OnePrivacyZone.as_view(), name="api-privacy-zone"),
    path("exact-positions", api.ExactPositions.as_view(), name="api-exact-positions"),
]
