"""Pages of the room `vehicles`."""

from django.urls import URLPattern, path

from vehicles import (
    app_urls,
    connect_urls,
    diagnostics_urls,
    diary_urls,
    import_urls,
    leaving_urls,
    movement_urls,
    pages,
    parts,
    privacy_urls,
    rejection_urls,
)
from vehicles.charging import urls as charging_urls
from vehicles.lifetime import urls as lifetime_urls
from vehicles.phone import urls as phone_urls

urlpatterns: list[URLPattern] = [
    path("vehicles/", pages.vehicle_list, name="vehicles"),
    path("vehicles/new/", pages.vehicle_add, name="vehicle-add"),
    path("vehicles/<uuid:public_id>/", pages.vehicle_page, name="vehicle"),
    path("vehicles/<uuid:public_id>/rename/", pages.vehicle_rename, name="vehicle-rename"),
    path("vehicles/<uuid:public_id>/retire/", pages.vehicle_retire, name="vehicle-retire"),
    path("vehicles/<uuid:public_id>/devices/new/", pages.device_add, name="device-add"),
    path("vehicles/<uuid:public_id>/devices/<uuid:device_id>/unpair/", pages.device_unpair, name="device-unpair"),
    path("parts/vehicle-card/", parts.vehicle_card, name="vehicle-card"),
    path("parts/devices/<uuid:device_id>/contact/", parts.device_contact, name="device-contact"),
    path("data/trips.geojson", parts.trips_geojson, name="trips-geojson"),
    path("data/telemetry.json", parts.telemetry_json, name="telemetry-json"),
    *diary_urls.urlpatterns,
    *app_urls.urlpatterns,
    *connect_urls.urlpatterns,
    *phone_urls.urlpatterns,
    *import_urls.urlpatterns,
    *movement_urls.urlpatterns,
    *leaving_urls.urlpatterns,
    *diagnostics_urls.urlpatterns,
    *rejection_urls.urlpatterns,
    *privacy_urls.urlpatterns,
    *charging_urls.urlpatterns,
    *lifetime_urls.urlpatterns,
]
