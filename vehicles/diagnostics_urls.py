"""The page of a vehicle's diagnostics."""

from django.urls import URLPattern, path

from vehicles import diagnostics_pages

urlpatterns: list[URLPattern] = [
    path("vehicles/<uuid:public_id>/diagnostics/", diagnostics_pages.diagnostics, name="diagnostics"),
    path("data/diagnostics/<uuid:public_id>.json", diagnostics_pages.diagnostics_trends, name="diagnostics-trends"),
]
