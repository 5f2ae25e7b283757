"""Pages about apps of others, and about who read what."""

from django.urls import URLPattern, path

from vehicles import access_pages, app_pages, authorize_pages

urlpatterns: list[URLPattern] = [
    path("oauth/authorize/", authorize_pages.authorize, name="oauth-authorize"),
    path("apps/", app_pages.app_list, name="apps"),
    path("apps/<uuid:grant_id>/", app_pages.app_narrow, name="app-narrow"),
    path("apps/<uuid:grant_id>/revoke/", app_pages.app_revoke, name="app-revoke"),
    path("access-log/", access_pages.access_log, name="access-log"),
    path("access-log.csv", access_pages.access_csv, name="access-log-csv"),
    path("parts/who-looked/", access_pages.who_looked, name="who-looked"),
]
