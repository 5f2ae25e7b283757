"""API routes of proof of movement."""

from django.urls import URLPattern, path

from vehicles.movement import api

urlpatterns: list[URLPattern] = [
    path("vehicles/<uuid:public_id>/movement/", api.VerdictList.as_view(), name="api-movement"),
]
