"""The page of what was refused."""

from django.urls import URLPattern, path

from vehicles.rejections import pages

urlpatterns: list[URLPattern] = [
    path("vehicles/<uuid:public_id>/refused/", pages.rejection_list, name="rejections"),
]
