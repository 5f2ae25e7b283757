"""API routes of charging, batteries and energy prices, below /api/v1/."""

from django.urls import URLPattern, path

from vehicles import energy_prices_api

VEHICLE = "vehicles/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path(f"{VEHICLE}/prices/", energy_prices_api.PriceList.as_view(), name="api-energy-prices"),
    path(f"{VEHICLE}/prices/<str:since>/", energy_prices_api.PricePeriod.as_view(), name="api-energy-price"),
]
