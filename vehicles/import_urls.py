"""Pages of imports, and the simulated town's map."""

from django.urls import URLPattern, path

from vehicles import basemap_page, column_pages, import_pages

urlpatterns: list[URLPattern] = [
    path("imports/", import_pages.import_list, name="imports"),
    path("imports/new/", import_pages.new_import, name="import"),
    path("imports/<uuid:batch_id>/", import_pages.import_progress, name="import-progress"),
    path("imports/<uuid:batch_id>/undo/", import_pages.undo_import, name="import-undo"),
    path("imports/<uuid:batch_id>/columns/", column_pages.choose_columns, name="import-columns"),
    path("imports/<uuid:batch_id>/drop/", column_pages.drop_import, name="import-drop"),
    path("map/basemap.geojson", basemap_page.basemap, name="basemap"),
]
