"""Pages about charging, batteries and what energy costs."""

from django.urls import URLPattern, path

from vehicles import energy_prices_pages

VEHICLE = "vehicles/<uuid:public_id>"

urlpatterns: list[URLPattern] = [
    path(f"{VEHICLE}/prices/", energy_prices_pages.prices, name="energy-prices"),
    path(f"{VEHICLE}/prices/remove/", energy_prices_pages.remove, name="energy-prices-remove"),
    path(f"{VEHICLE}/prices/end/", energy_prices_pages.end, name="energy-prices-end"),
    path(f"{VEHICLE}/prices/undo/", energy_prices_pages.undo, name="energy-prices-undo"),
]
