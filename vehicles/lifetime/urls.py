"""Pages of statistics."""

from django.urls import URLPattern, path

from vehicles.lifetime import pages

urlpatterns: list[URLPattern] = [
    path("statistics/", pages.statistics, name="statistics"),
    path("statistics/temperatures.json", pages.temperatures, name="statistics-temperatures"),
    path("statistics/areas.geojson", pages.areas_geojson, name="statistics-areas"),
]
