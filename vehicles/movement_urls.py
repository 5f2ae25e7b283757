"""The page of a vehicle's proof of movement."""

from django.urls import URLPattern, path

from vehicles.movement import pages

urlpatterns: list[URLPattern] = [
    path("vehicles/<uuid:public_id>/movement/", pages.movement, name="movement"),
]
