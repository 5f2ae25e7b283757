"""API routes of the room `licensing`, below /api/v1/."""

from django.urls import URLPattern, path

from licensing import api

urlpatterns: list[URLPattern] = [
    path("offers/", api.Offers.as_view(), name="api-offers"),
    path("offers/<uuid:offer_id>/", api.OneOffer.as_view(), name="api-offer"),
    path("quotes/", api.Quotes.as_view(), name="api-quotes"),
    path("licenses/", api.Licenses.as_view(), name="api-licenses"),
    path("licenses/<uuid:license_id>/", api.OneLicense.as_view(), name="api-license"),
    path("licenses/<uuid:license_id>/manifest/", api.Manifest.as_view(), name="api-license-manifest"),
    path("licenses/<uuid:license_id>/files/<str:name>", api.File.as_view(), name="api-license-file"),
    path("balance/", api.Balance.as_view(), name="api-balance"),
]
