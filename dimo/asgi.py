"""The application as granian serves it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dimo.settings")
site = get_asgi_application()

from dimo.bare import BareDoors  # noqa: E402 - needs the settings, which the line above has read

application = BareDoors(site)
