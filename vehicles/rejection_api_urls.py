"""The API route of what was refused, below /api/v1/."""

from django.urls import URLPattern, path

from vehicles.rejections import api

urlpatterns: list[URLPattern] = [
    path("vehicles/<uuid:public_id>/rejections/", api.RejectionList.as_view(), name="api-rejections"),
]
