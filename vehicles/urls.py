"""Pages of the room `vehicles`."""

from django.urls import URLPattern, path

from vehicles import app_urls, connect_urls, diagnostics_urls, import_urls, movement_urls, pages, parts, trip_pages

urlpatterns: list[URLPattern] = [
    path("vehicles/", pages.vehicle_list, name="vehicles"),
    path("vehicles/new/", pages.vehicle_add, name="vehicle-add"),
    path("vehicles/<uuid:public_id>/", pages.vehicle_page, name="vehicle"),
    path("vehicles/<uuid:public_id>/rename/", pages.vehicle_rename, name="vehicle-rename"),
    path("vehicles/<uuid:public_id>/retire/", pages.vehicle_retire, name="vehicle-retire"),
    path("vehicles/<uuid:public_id>/devices/new/", pages.device_add, name="device-add"),
    path("vehicles/<uuid:public_id>/devices/<uuid:device_id>/unpair/", pages.device_unpair, name="device-unpair"),
    path("trips/", trip_pages.trip_list, name="trips"),
    path("trips/<uuid:public_id>/", trip_pages.trip_page, name="trip"),
    path("trips/<uuid:public_id>/private/", trip_pages.trip_private, name="trip-private"),
    path("trips/<uuid:public_id>/tag/", trip_pages.trip_tag, name="trip-tag"),
    path("parts/vehicle-card/", parts.vehicle_card, name="vehicle-card"),
    path("parts/devices/<uuid:device_id>/contact/", parts.device_contact, name="device-contact"),
    path("data/trips.geojson", parts.trips_geojson, name="trips-geojson"),
    path("data/telemetry.json", parts.telemetry_json, name="telemetry-json"),
    *app_urls.urlpatterns,
    *connect_urls.urlpatterns,
    *import_urls.urlpatterns,
    *movement_urls.urlpatterns,
    *diagnostics_urls.urlpatterns,
]
