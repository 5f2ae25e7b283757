"""API routes of trips and the logbook."""

from django.urls import URLPattern, path

from vehicles.diary import api

urlpatterns: list[URLPattern] = [
    path("vehicles/<uuid:public_id>/trips/", api.TripList.as_view(), name="api-trips"),
    path("vehicles/<uuid:public_id>/logbook/", api.YearOfTrips.as_view(), name="api-logbook"),
    path("trips/<uuid:public_id>/", api.OneTrip.as_view(), name="api-trip"),
    path("trips/<uuid:public_id>/split/", api.Split.as_view(), name="api-trip-split"),
    path("trips/<uuid:public_id>/merge/", api.Merge.as_view(), name="api-trip-merge"),
    path("trips/<uuid:public_id>/delete/", api.Delete.as_view(), name="api-trip-delete"),
    path("trips/<uuid:public_id>/restore/", api.Restore.as_view(), name="api-trip-restore"),
]
