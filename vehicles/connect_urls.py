"""Pages by which a vehicle is connected, known by its VIN, and handed over."""

from django.urls import URLPattern, path

from vehicles import connect_pages, contact_pages, identity_pages, transfer_pages

urlpatterns: list[URLPattern] = [
    path("connect/", connect_pages.connect, name="connect"),
    path("connect/device/", connect_pages.connect_device, name="connect-device"),
    path("connect/<uuid:public_id>/<uuid:device_id>/", connect_pages.first_data, name="first-data"),
    path("vehicles/<uuid:public_id>/vin/", identity_pages.vehicle_vin, name="vehicle-vin"),
    path("vehicles/<uuid:public_id>/vin/reveal/", identity_pages.vin_reveal, name="vin-reveal"),
    path("vehicles/<uuid:public_id>/transfer/", transfer_pages.vehicle_transfer, name="vehicle-transfer"),
    path("vehicles/<uuid:public_id>/transfer/withdraw/", transfer_pages.transfer_withdraw, name="transfer-withdraw"),
    path("transfers/<str:token>/", transfer_pages.transfer_accept, name="transfer-accept"),
    path("vehicles/quiet-mail/", contact_pages.quiet_mail, name="quiet-mail"),
]
