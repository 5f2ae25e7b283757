from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RewardsConfig(AppConfig):
    name = "rewards"

    def ready(self) -> None:
        from dimo.pages import navigation
        from rewards import erasing, export_tables
        from rewards.by_kind import earned_by_kind
        from unions import earnings
        from vehicles.erasure import steps
        from vehicles.exports import tables

        navigation.register(
            audience="driver", label=_("Earnings"), url_name="earnings", icon="coins", order=50, phone=True
        )
        earnings.register(earned_by_kind)
        steps.register(erasing.ROOM)
        tables.register(*export_tables.TABLES)
