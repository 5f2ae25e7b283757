from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VehiclesConfig(AppConfig):
    name = "vehicles"

    def ready(self) -> None:
        from dimo.oauth import scopes
        from dimo.pages import navigation
        from vehicles import app_grants, app_scopes, registry, selectors
        from vehicles.erasure import room, steps
        from vehicles.exports import driving_tables, ground_tables, permission_tables, tables, vehicle_tables

        scopes.register("vehicles", app_scopes.scopes)
        registry.on_owner_change("apps", app_grants.end_with_owner)

        navigation.register_audience(
            "driver", label=_("Driving"), order=10, home="home", has=selectors.has_vehicle, fallback=True
        )
        for label, url_name, icon, order, phone in (
            (_("Vehicles"), "vehicles", "car", 20, True),
            (_("Trips"), "trips", "route", 30, True),
            (_("Statistics"), "statistics", "activity", 33, False),
            (_("Imports"), "imports", "file-up", 35, False),
            (_("Privacy zones"), "privacy-zones", "shield", 38, False),
            (_("Apps"), "apps", "blocks", 65, False),
            (_("Access log"), "access-log", "eye", 70, False),
        ):
            navigation.register(audience="driver", label=label, url_name=url_name, icon=icon, order=order, phone=phone)
        for part in (room.GROUND, room.VEHICLES):
            steps.register(part)
        for group in (ground_tables, vehicle_tables, driving_tables, permission_tables):
            tables.register(*group.TABLES)
