"""The page of a vehicle's diagnostics."""

from django.urls import URLPattern, path

from vehicles import diagnostics_pages

urlpatterns: list[URLPattern] = [
    path("vehicles/<uuid:public_id>/diagnostics/", diagnostics_pages.diagnostics, name="diagnostics"),
]
