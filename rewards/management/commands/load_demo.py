"""`manage.py load_demo`: fill an empty installation with invented people, and write down how to sign in as them."""

import json
import secrets
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from dimo.api.keys import issue_key
from dimo.api.models import ApiKey
from licensing.datasets.build import build_dataset
from licensing.models import Organization
from licensing.organizations import issue_organization_key
from rewards import settlement
from rewards.demo import build, people
from unions.models import Union

WORKERS_BEGIN_WITHIN = 3.0  # seconds left to the workers before the command builds itself


class Command(BaseCommand):
    help = "Load the demo once: drivers, unions, buyers, sales. Writes demo.json beside the data. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", help="of every demo account (default: a new random one)")

    def handle(self, *args: Any, **options: Any) -> None:
        password = options["password"] or secrets.token_urlsafe(9)
        now = timezone.now()
        users = build.build(password=password, now=now, say=self.stdout.write)
        self.finish_sales()
        buyers = Organization.objects.get(name=people.BUYERS[0].organization)
        keys = {
            "driver": issue_key(user=users["driver"], label="demo", scopes=[ApiKey.Scope.DRIVER])[1],
            "founder": issue_key(user=users["founder"], label="demo", scopes=[ApiKey.Scope.STEWARD])[1],
            "operator": issue_key(user=users["operator"], label="demo", scopes=[ApiKey.Scope.STEWARD])[1],
            "buyer": issue_organization_key(organization=buyers, user=users["buyer"], label="demo", now=now)[1],
        }
        names = [each.name for each in people.UNIONS]
        document = {
            "base_url": settings.BASE_URL,
            "sign_ins": {role: {"email": user.email, "password": password} for role, user in users.items()},
            "api_keys": keys,
            "unions": {each.slug: str(each.pk) for each in Union.objects.filter(name__in=names)},
        }
        target = settings.VAR_DIR / "demo.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(json.dumps(document, indent=2) + "\n")
        self.stdout.write("The demo is ready.")

    def finish_sales(self) -> None:
        """Let the workers build and settle; do it here where none runs. Either way each license is delivered once."""
        deadline = time.monotonic() + WORKERS_BEGIN_WITHIN
        while time.monotonic() < deadline and any(build.unsettled()):
            time.sleep(0.5)
        for license in build.unsettled():
            build_dataset(license_id=license.pk)
        for license in build.unsettled():
            license.refresh_from_db()
            if license.state == license.State.DELIVERED:
                settlement.settle_license(license_id=license.pk)
