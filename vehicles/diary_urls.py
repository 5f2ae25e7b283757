"""Pages of the diary: trips, one trip and what its driver decides, the logbook."""

from django.urls import URLPattern, path

from vehicles.diary import logbook_pages, pages, trip_pages

urlpatterns: list[URLPattern] = [
    path("trips/", pages.trip_list, name="trips"),
    path("trips/logbook/", logbook_pages.logbook, name="logbook"),
    path("trips/logbook.csv", logbook_pages.logbook_csv, name="logbook-csv"),
    path("trips/<uuid:public_id>/", trip_pages.trip_page, name="trip"),
    path("trips/<uuid:public_id>/measured/", trip_pages.trip_measured, name="trip-measured"),
    path("trips/<uuid:public_id>/private/", trip_pages.trip_private, name="trip-private"),
    path("trips/<uuid:public_id>/tag/", trip_pages.trip_tag, name="trip-tag"),
    path("trips/<uuid:public_id>/note/", trip_pages.trip_note, name="trip-note"),
    path("trips/<uuid:public_id>/area/", trip_pages.trip_area, name="trip-area"),
    path("trips/<uuid:public_id>/delete/", trip_pages.trip_delete, name="trip-delete"),
    path("trips/<uuid:public_id>/restore/", trip_pages.trip_restore, name="trip-restore"),
    path("trips/<uuid:public_id>/merge/", trip_pages.trip_merge, name="trip-merge"),
    path("trips/<uuid:public_id>/split/", trip_pages.trip_split, name="trip-split"),
    path("trips/<uuid:public_id>/split/preview/", trip_pages.split_preview, name="trip-split-preview"),
]
