"""API routes of the room `vehicles`, below /api/v1/."""

from django.urls import URLPattern, path

from vehicles import api, diagnostics_api_urls, movement_api_urls, views
from vehicles.charging import api_urls as charging_api_urls

urlpatterns: list[URLPattern] = [
    path("ingest", views.ingest_view, name="ingest"),
    path("vehicles/", api.VehicleList.as_view(), name="api-vehicles"),
    path("vehicles/<uuid:public_id>/trips/", api.TripList.as_view(), name="api-trips"),
    path("vehicles/<uuid:public_id>/signals/latest", api.LatestSignals.as_view(), name="api-latest"),
    *diagnostics_api_urls.urlpatterns,
    *movement_api_urls.urlpatterns,
    *charging_api_urls.urlpatterns,
]
