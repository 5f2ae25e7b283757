"""API routes of phones."""

from django.urls import URLPattern, path

from vehicles.phone import api

urlpatterns: list[URLPattern] = [
    path("phones/", api.PhoneList.as_view(), name="api-phones"),
    path("phones/challenge", api.PhoneChallenge.as_view(), name="api-phone-challenge"),
    path("phones/<uuid:phone_id>/vehicle", api.PhoneVehicle.as_view(), name="api-phone-vehicle"),
]
