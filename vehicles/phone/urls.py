"""The phone's app and the way to it."""

from django.urls import URLPattern, path

from vehicles.phone import pages

urlpatterns: list[URLPattern] = [
    path("connect/phone/", pages.connect_phone, name="phone-connect"),
    path("connect/phone/awaited/", pages.awaited, name="phone-awaited"),
    path("phone/", pages.app, name="phone"),
    path("phone/manifest.webmanifest", pages.manifest, name="phone-manifest"),
    path("phone/worker.js", pages.worker, name="phone-worker"),
]
