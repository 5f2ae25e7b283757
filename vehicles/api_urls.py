"""API routes of the room `vehicles`, below /api/v1/."""

from django.urls import URLPattern, path

from vehicles import (
    access_api,
    api,
    diagnostics_api_urls,
    diary_api_urls,
    movement_api_urls,
    privacy_api_urls,
    rejection_api_urls,
    signals_api,
    views,
)
from vehicles.charging import api_urls as charging_api_urls
from vehicles.exports import api as exports
from vehicles.lifetime import api_urls as lifetime_api_urls
from vehicles.phone import api_urls as phone_api_urls

urlpatterns: list[URLPattern] = [
    path("ingest", views.ingest_view, name="ingest"),
    path("vehicles/", api.VehicleList.as_view(), name="api-vehicles"),
    path("vehicles/<uuid:public_id>/signals/latest", api.LatestSignals.as_view(), name="api-latest"),
    path("vehicles/<uuid:public_id>/connection/", api.Connection.as_view(), name="api-connection"),
    path("export/", exports.Exports.as_view(), name="api-export"),
    *diary_api_urls.urlpatterns,
    path("vehicles/<uuid:public_id>/signals/", signals_api.SignalHistory.as_view(), name="api-signals"),
    path("access-log/", access_api.AccessLog.as_view(), name="api-access-log"),
    *diagnostics_api_urls.urlpatterns,
    *movement_api_urls.urlpatterns,
    *rejection_api_urls.urlpatterns,
    *privacy_api_urls.urlpatterns,
    *phone_api_urls.urlpatterns,
    *charging_api_urls.urlpatterns,
    *lifetime_api_urls.urlpatterns,
]
