"""The phone's app: a page that is the same for everybody, its manifest, and the worker that keeps it offline."""

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods

from vehicles import registry, selectors
from vehicles.pages import user_of
from vehicles.phone.forms import ConnectPhoneForm
from vehicles.phone.selectors import newest_pairing
from vehicles.phone.words import app_words

MODULES = ("canonical", "keystore", "store", "sender", "fixes", "motion", "phase", "page")
STYLES = ("tokens.css", "app.css", "phone/phone.css")
OTHERS = ("js/phone/app.js", "icon.svg", *(f"vendor/{font}" for font in (
    "geist-5.3.0/geist-latin-wght-normal.woff2", "geist-mono-5.3.0/geist-mono-latin-wght-normal.woff2",
)))  # fmt: skip
WORKERS = {"canonical": "canonical", "keystore": "sign", "store": "openStore", "sender": "createSender"}
SECONDS = re.compile(r"[0-9]{1,10}")
PAPER = {"light": "#f7f7f3", "dark": "#091213"}


def modules() -> dict[str, str]:
    """The app's modules by the names they are imported by."""
    return {f"phone/{name}": static(f"js/phone/{name}.js") for name in MODULES}


def shell(**more: Any) -> dict[str, Any]:
    """All that the app's page is made of; nothing of it belongs to anybody."""
    return {"modules": modules(), "words": app_words(), "styles": [static(name) for name in STYLES], **more}


@ensure_csrf_cookie
@require_GET
def app(request: HttpRequest) -> HttpResponse:
    """The app, for visitors too: who they are it learns from the API, so that no copy of the page tells."""
    answer = render(request, "vehicles/phone/app.html", shell())
    answer["Cache-Control"] = "no-cache"
    return answer


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """What a browser needs to install the app."""
    icons = [
        {"src": static(f"phone/icon-{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, size, purpose in (("192", 192, "any"), ("512", 512, "any"), ("maskable-512", 512, "maskable"))
    ]
    described = {
        "id": reverse("phone"),
        "name": _("Commons phone"),
        "short_name": _("Commons"),
        "description": _("Records your drives and signs them with a key that never leaves this phone."),
        "lang": get_language(),
        "start_url": reverse("phone"),
        "scope": reverse("phone"),
        "display": "standalone",
        "background_color": PAPER["light"],
        "theme_color": PAPER["light"],
        "icons": icons,
    }
    answer = JsonResponse(described, content_type="application/manifest+json")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. Its text, and with it the name of the cache, changes whenever the page or a file does."""
    files = [*modules().values(), *map(static, (*STYLES, *OTHERS))]
    page = render_to_string("vehicles/phone/app.html", shell())
    version = sha256("\n".join([page, *files]).encode()).hexdigest()[:16]
    imported = [(name, modules()[f"phone/{module}"]) for module, name in WORKERS.items()]
    context = {"imported": imported, "files": json.dumps(files), "version": version, "shell": reverse("phone")}
    answer = render(request, "vehicles/phone/worker.js", context, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def connect_phone(request: HttpRequest) -> HttpResponse:
    """Which vehicle the phone is for; on to the app, on this phone or on another that opens its address."""
    user = user_of(request)
    vehicles = [
        vehicle for vehicle in selectors.vehicles_of(owner=user) if vehicle.retired_at is None and vehicle.moves
    ]
    form = ConnectPhoneForm(
        request.POST or None, vehicles=vehicles, initial={"vehicle": request.GET.get("vehicle", "")}
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        vehicle = next((each for each in vehicles if str(each.public_id) == chosen["vehicle"]), None)
        if vehicle is None:
            vehicle = registry.register_vehicle(owner=user, nickname=chosen["nickname"].strip(), now=now())
        return redirect(f"{reverse('phone')}?{urlencode({'car': vehicle.public_id})}")
    context = {
        "form": form,
        "address": request.build_absolute_uri(reverse("phone")),
        "since": int(now().timestamp()),
    }
    return render(request, "vehicles/phone/connect.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_GET
def awaited(request: HttpRequest) -> HttpResponse:
    """A fragment that waits for a phone to be paired from `since` on, and then for its first data."""
    asked = request.GET.get("since", "")
    since = int(asked) if SECONDS.fullmatch(asked) else 0
    pairing = newest_pairing(owner=user_of(request), since=datetime.fromtimestamp(since, UTC))
    return render(request, "vehicles/phone/_awaited.html", {"pairing": pairing, "since": since})
