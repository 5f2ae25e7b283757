"""API routes of events, fault codes and quality, below /api/v1/."""

from django.urls import URLPattern, path

from vehicles import diagnostics_api as api

urlpatterns: list[URLPattern] = [
    path("vehicles/<uuid:public_id>/events/", api.EventList.as_view(), name="api-events"),
    path("vehicles/<uuid:public_id>/diagnostics/codes/", api.FaultCodeList.as_view(), name="api-fault-codes"),
    path("vehicles/<uuid:public_id>/quality", api.QualityScore.as_view(), name="api-quality"),
]
