"""API of the room `unions`, below /api/v1/."""

from django.urls import path

from unions import api

urlpatterns = [
    path("unions/", api.UnionList.as_view(), name="api-unions"),
    path("unions/<slug:slug>/", api.UnionDetail.as_view(), name="api-union"),
    path("consents/", api.ConsentList.as_view(), name="api-consents"),
]
