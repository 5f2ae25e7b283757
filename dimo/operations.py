"""What machines ask about this process: alive, ready, metrics, chain."""

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus import exports
from prometheus_client import Gauge

from dimo.chain.status import status as chain_status
from dimo.health import queues, readiness
from dimo.statements import public_jwk

WAITING = Gauge("commons_queue_waiting", "Messages waiting", ["queue"], multiprocess_mode="mostrecent")
PULSE_AGE = Gauge(
    "commons_queue_pulse_age_seconds", "Since a worker answered", ["queue"], multiprocess_mode="mostrecent"
)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    ready, report = readiness()
    return JsonResponse(report, status=200 if ready else 503)


def may_read_metrics(request: HttpRequest) -> bool:
    """With the token from anywhere, or directly from this machine (a forwarded request came from elsewhere)."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return True
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
    try:
        return not forwarded and ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text; to strangers there is nothing here."""
    if not may_read_metrics(request):
        raise Http404
    for queue, fact in queues().facts.items():
        WAITING.labels(queue).set(fact["waiting"])
        if fact["pulse_age_seconds"] is not None:
            PULSE_AGE.labels(queue).set(fact["pulse_age_seconds"])
    return exports.ExportToDjangoView(request)


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask here on pages that name no icon (the admin, a file opened by itself)."""
    return redirect(static("icon.svg"))


@require_safe
def chain_line(request: HttpRequest) -> HttpResponse:
    """The line at the foot of a page, filled in after the page is drawn so that a silent node delays nobody."""
    return render(request, "chain/_status.html", {"chain": chain_status()})


@require_safe
def statement_keys(request: HttpRequest) -> HttpResponse:
    """The public key by which anybody checks what the platform signed, as a JWK set."""
    return JsonResponse({"keys": [public_jwk()]})
