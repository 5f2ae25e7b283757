"""API routes of charging, batteries and energy prices, below /api/v1/."""

from django.urls import URLPattern, path

from vehicles import energy_prices_api
from vehicles.charging import api

VEHICLE = "vehicles/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path(f"{VEHICLE}/charging/", api.ChargeList.as_view(), name="api-charges"),
    path("charging/<uuid:public_id>/", api.OneCharge.as_view(), name="api-charge"),
    path(f"{VEHICLE}/battery/", api.Battery.as_view(), name="api-battery"),
    path(f"{VEHICLE}/battery/sharing/", api.BatterySharing.as_view(), name="api-battery-sharing"),
    path(f"{VEHICLE}/prices/", energy_prices_api.PriceList.as_view(), name="api-energy-prices"),
    path(f"{VEHICLE}/prices/<str:since>/", energy_prices_api.PricePeriod.as_view(), name="api-energy-price"),
]
