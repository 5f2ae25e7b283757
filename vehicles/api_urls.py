"""API routes of the room `vehicles`, below /api/v1/."""

from django.urls import URLPattern, path

from vehicles import access_api, api, diagnostics_api_urls, movement_api_urls, signals_api, views

urlpatterns: list[URLPattern] = [
    path("ingest", views.ingest_view, name="ingest"),
    path("vehicles/", api.VehicleList.as_view(), name="api-vehicles"),
    path("vehicles/<uuid:public_id>/trips/", api.TripList.as_view(), name="api-trips"),
    path("vehicles/<uuid:public_id>/signals/latest", api.LatestSignals.as_view(), name="api-latest"),
    path("vehicles/<uuid:public_id>/signals/", signals_api.SignalHistory.as_view(), name="api-signals"),
    path("access-log/", access_api.AccessLog.as_view(), name="api-access-log"),
    *diagnostics_api_urls.urlpatterns,
    *movement_api_urls.urlpatterns,
]
