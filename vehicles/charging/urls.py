"""Pages about charging, batteries and what energy costs."""

from django.urls import URLPattern, path

from vehicles import energy_prices_pages
from vehicles.battery import pages as battery_pages
from vehicles.charging import pages

VEHICLE = "vehicles/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path(f"{VEHICLE}/charging/", pages.charging, name="charging"),
    path("charging/<uuid:public_id>/", pages.charge, name="charge"),
    path("data/charging/<uuid:public_id>.json", pages.charge_curve, name="charge-curve"),
    path("parts/since-charge/", pages.since_charge, name="since-charge"),
    path(f"{VEHICLE}/battery/", battery_pages.battery, name="battery"),
    path(f"{VEHICLE}/battery/sharing/", battery_pages.sharing_choice, name="battery-sharing"),
    path("data/battery/<uuid:public_id>.json", battery_pages.aging_curve, name="battery-aging"),
    path("energy-prices/", energy_prices_pages.all_prices, name="energy-prices-all"),
    path(f"{VEHICLE}/prices/", energy_prices_pages.prices, name="energy-prices"),
    path(f"{VEHICLE}/prices/remove/", energy_prices_pages.remove, name="energy-prices-remove"),
    path(f"{VEHICLE}/prices/end/", energy_prices_pages.end, name="energy-prices-end"),
    path(f"{VEHICLE}/prices/undo/", energy_prices_pages.undo, name="energy-prices-undo"),
]
