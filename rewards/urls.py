"""Pages of the room `rewards`."""

from django.urls import URLPattern, path

from rewards import buyer_pages, pages

urlpatterns: list[URLPattern] = [
    path("earnings/", pages.earnings, name="earnings"),
    path("earnings/<uuid:license_id>/", pages.statement, name="statement"),
    path("parts/earned/", pages.earned, name="earned"),
    path("parts/payout-split/", pages.payout_split, name="payout-split"),
    path("parts/sales/", pages.sales, name="sales"),
    path("parts/settlement/<uuid:license_id>/", buyer_pages.license_settlement, name="license-settlement"),
]
