from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LicensingConfig(AppConfig):
    name = "licensing"

    def ready(self) -> None:
        from dimo.pages import navigation
        from licensing import erasing, export_tables, selectors
        from vehicles.erasure import steps
        from vehicles.exports import tables

        steps.register(erasing.ROOM)
        tables.register(*export_tables.TABLES)

        navigation.register_audience(
            "buyer", label=_("Buying data"), order=30, home="catalog", has=selectors.has_organization
        )
        for order, (label, url_name, icon) in enumerate(
            (
                (_("Catalog"), "catalog", "store"),
                (_("Licenses"), "licenses", "file-check"),
                (_("Organization"), "buyer-account", "building-2"),
            )
        ):
            navigation.register(
                audience="buyer", label=label, url_name=url_name, icon=icon, order=10 * order, phone=True
            )
