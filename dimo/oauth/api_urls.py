"""API routes for developers of apps, below /api/v1/."""

from django.urls import path

from dimo.oauth import api

urlpatterns = [
    path("apps/", api.AppList.as_view(), name="api-apps"),
    path("apps/<uuid:app_id>/", api.AppDetail.as_view(), name="api-app"),
]
