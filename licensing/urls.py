"""Pages of the room `licensing`."""

from django.urls import URLPattern, path

from licensing.pages import buying, drivers, licenses, offers, organization

urlpatterns: list[URLPattern] = [
    path("catalog/", buying.catalog, name="catalog"),
    path("catalog/<uuid:offer_id>/", buying.offer, name="offer"),
    path("catalog/<uuid:offer_id>/quote/", buying.quote_new, name="quote-new"),
    path("quotes/<uuid:quote_id>/", buying.quote, name="quote"),
    path("quotes/<uuid:quote_id>/buy/", buying.license_buy, name="license-buy"),
    path("licenses/", licenses.license_list, name="licenses"),
    path("licenses/<uuid:license_id>/", licenses.license_page, name="license"),
    path("licenses/<uuid:license_id>/progress/", licenses.license_progress, name="license-progress"),
    path("licenses/<uuid:license_id>/events/", licenses.license_events, name="license-events"),
    path("licenses/<uuid:license_id>/files/<str:name>", licenses.license_file, name="license-file"),
    path("organization/", organization.account, name="buyer-account"),
    path("organization/new/", organization.new, name="organization-new"),
    path("organization/choose/", organization.choose, name="organization-choose"),
    path("unions/<slug:slug>/offers/", offers.union_offers, name="union-offers"),
    path("unions/<slug:slug>/offers/<uuid:offer_id>/withdraw/", offers.offer_withdraw, name="offer-withdraw"),
    path("parts/buyers-view.geojson", drivers.buyers_view_geojson, name="buyers-view-geojson"),
]
