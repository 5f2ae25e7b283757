"""API routes of statistics."""

from django.urls import URLPattern, path

from vehicles.lifetime import api

urlpatterns: list[URLPattern] = [
    path("statistics/", api.Statistics.as_view(), name="api-statistics"),
    path("vehicles/<uuid:public_id>/areas/", api.PassedAreas.as_view(), name="api-areas"),
]
