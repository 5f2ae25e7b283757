"""OAuth 2 for apps and their developers. The page on which an owner says yes or no is a room's."""

from django.urls import path

from dimo.oauth import pages, views

urlpatterns = [
    path(".well-known/oauth-authorization-server", views.metadata, name="oauth-metadata"),
    path("oauth/token", views.token, name="oauth-token"),
    path("oauth/revoke", views.revoke, name="oauth-revoke"),
    path("developer/apps/", pages.app_list, name="developer-apps"),
    path("developer/apps/new/", pages.app_new, name="developer-app-new"),
    path("developer/apps/<uuid:app_id>/secret/", pages.app_secret, name="developer-app-secret"),
    path("developer/apps/<uuid:app_id>/close/", pages.app_close, name="developer-app-close"),
]
