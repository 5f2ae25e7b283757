from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UnionsConfig(AppConfig):
    name = "unions"
    verbose_name = "Unions"

    def ready(self) -> None:
        from dimo.pages import navigation
        from unions import erasing, export_tables, membership, selectors
        from vehicles import registry
        from vehicles.erasure import steps
        from vehicles.exports import tables

        def void_consent(change: registry.OwnerChange) -> None:
            membership.end_for_new_owner(vehicle=change.vehicle, now=change.now)

        registry.on_owner_change("unions", void_consent)
        steps.register(erasing.ROOM)
        tables.register(*export_tables.TABLES)

        navigation.register_audience(
            "steward",
            label=_("Running a union"),
            order=20,
            home="unions-running",
            has=lambda user: selectors.seated_unions(user=user).exists(),
        )
        navigation.register(
            audience="steward", label=_("My unions"), url_name="unions-running", icon="landmark", order=10, phone=True
        )
        navigation.register(
            audience="driver", label=_("Consent"), url_name="consent", icon="shield-check", order=40, phone=True
        )
        navigation.register(audience="driver", label=_("Unions"), url_name="unions", icon="users", order=60)
