"""What operators may do in the admin. A list by name, so that nobody needs to be a superuser."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission

NAME = "Operators"
# Apps and models by string: the ground knows no room by import. Rows that never change can only be viewed.
PERMISSIONS = frozenset(
    {
        "dimo.view_user",
        "dimo.change_user",
        "dimo.view_wallet",
        "dimo.view_apikey",
        "dimo.view_auditevent",
        "dimo.view_app",
        "dimo.change_app",
        "ledger.view_account",
        "ledger.view_journal",
        "vehicles.view_vehicle",
        "vehicles.view_device",
        "vehicles.view_importbatch",
        "unions.view_union",
        "unions.view_seat",
        "unions.view_policyversion",
        "unions.view_terms",
        "unions.view_membership",
        "licensing.view_organization",
        "licensing.change_organization",
        "licensing.view_offer",
        "licensing.view_quote",
        "licensing.view_license",
        "licensing.view_dataset",
        "rewards.view_settlement",
    }
)


def grant(*, app_label: str, database: str = "default") -> None:
    """Give the group exactly the listed permissions of one app. Doing it again changes nothing."""
    group, _ = Group.objects.using(database).get_or_create(name=NAME)
    mine = Permission.objects.using(database).filter(content_type__app_label=app_label)
    wanted = [name.partition(".")[2] for name in PERMISSIONS if name.startswith(f"{app_label}.")]
    group.permissions.remove(*mine.exclude(codename__in=wanted))
    group.permissions.add(*mine.filter(codename__in=wanted))


def grant_after_migrate(app_config: AppConfig, using: str, **_: Any) -> None:
    grant(app_label=app_config.label, database=using)
