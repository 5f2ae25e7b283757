"""A person's own settings."""

from django.urls import path

from dimo.users import pages

urlpatterns = [
    path("settings/", pages.own_settings, name="settings"),
    path("settings/keys/", pages.keys, name="api-keys"),
    path("settings/keys/<uuid:key_id>/rotate/", pages.rotate_key, name="api-key-rotate"),
    path("settings/keys/<uuid:key_id>/revoke/", pages.revoke_key, name="api-key-revoke"),
]
