"""Pages on which data leaves: exports, erasures and their certificates."""

from django.urls import URLPattern, path

from vehicles.erasure import pages as erasure
from vehicles.exports import pages as exports

urlpatterns: list[URLPattern] = [
    path("account/export/", exports.export, name="export"),
    path("account/export/state/", exports.export_state, name="export-state"),
    path("account/export/<uuid:export_id>/my-data.zip", exports.export_file, name="export-file"),
    path("account/erase/", erasure.account_erase, name="account-erase"),
    path("account/erase/keep/", erasure.account_keep, name="account-keep"),
    path("vehicles/<uuid:public_id>/erase/", erasure.vehicle_erase, name="vehicle-erase"),
    path("erasures/<uuid:erasure_id>/<str:secret>/", erasure.erasure_receipt, name="erasure-receipt"),
    path(
        "erasures/<uuid:erasure_id>/<str:secret>/certificate.json",
        erasure.erasure_certificate,
        name="erasure-certificate",
    ),
]
