"""Pages about what an owner hides and how long exact positions are kept."""

from django.urls import URLPattern, path

from vehicles.retention import pages as retention
from vehicles.zones import pages as zones

urlpatterns: list[URLPattern] = [
    path("privacy-zones/", zones.zone_list, name="privacy-zones"),
    path("privacy-zones/preview/", zones.zone_preview, name="privacy-zone-preview"),
    path("privacy-zones/<uuid:public_id>/", zones.zone_page, name="privacy-zone"),
    path("privacy-zones/<uuid:public_id>/remove/", zones.zone_remove, name="privacy-zone-remove"),
    path("data/privacy-zones.geojson", zones.zones_geojson, name="privacy-zones-geojson"),
    path("data-retention/", retention.data_retention, name="data-retention"),
    path("data-retention/undo/", retention.data_retention_undo, name="data-retention-undo"),
]
