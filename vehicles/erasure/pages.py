"""Pages of erasing: what goes, what stays and why, the word to type, and the certificate behind a link."""

from typing import cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import ownership_selectors
from vehicles.erasure import asking, certificate, due
from vehicles.erasure.forms import ConfirmForm
from vehicles.erasure.steps import reasons
from vehicles.erasure.tasks import hint_erasure
from vehicles.models import Erasure


def receipt(erasure: Erasure) -> tuple[UUID, str]:
    return erasure.pk, certificate.link_secret(erasure_id=erasure.pk)


@never_cache
@reauthentication_required(allow_get=True)
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def vehicle_erase(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Erase all of one's time with a vehicle, at once and for good."""
    owner = cast(User, request.user)
    vehicle = get_object_or_404(ownership_selectors.known_to(owner=owner), public_id=public_id)
    label = _("Type the vehicle's name: %(name)s") % {"name": str(vehicle)}
    form = ConfirmForm(request.POST or None, word=str(vehicle), label=label)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                erasure = asking.erase_vehicle(owner=owner, vehicle=vehicle, now=now())
            except DomainError as refusal:
                form.add_error(None, str(refusal))
                status = refusal.status
            else:
                hint_erasure(erasure_id=erasure.pk)
                return redirect("erasure-receipt", *receipt(erasure))
    context = {"vehicle": vehicle, "own": vehicle.owner_id == owner.pk, "form": form, "kept": reasons(whole=False)}
    return render(request, "vehicles/vehicle_erase.html", context, status=status)


@never_cache
@reauthentication_required(allow_get=True)
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_erase(request: HttpRequest) -> HttpResponse:
    """Ask that the account be erased in a week, or see that it will be."""
    person, status = cast(User, request.user), 200
    label = _("Type your email address: %(address)s") % {"address": person.email}
    form = ConfirmForm(request.POST or None, word=person.email, label=label)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                erasure = asking.erase_account(person=person, now=now())
            except DomainError as refusal:
                form.add_error(None, str(refusal))
                status = refusal.status
            else:
                return redirect("erasure-receipt", *receipt(erasure))
    waiting = due.of_account(person=person)
    context = {
        "form": form,
        "waiting": waiting,
        "receipt": receipt(waiting) if waiting else None,
        "kept": reasons(whole=True),
        "days": asking.COOLING_OFF.days,
        "earlier": [
            (each, *receipt(each)) for each in due.erasures_of(person=person) if each.pk != getattr(waiting, "pk", 0)
        ],
    }
    return render(request, "vehicles/account_erase.html", context, status=status)


@login_required
@require_POST
def account_keep(request: HttpRequest) -> HttpResponse:
    """Call an account's erasure back; anybody who can sign in to it may, without a word to type."""
    waiting = due.of_account(person=cast(User, request.user))
    if waiting is None:
        raise Http404
    try:
        asking.call_back(erasure=waiting, now=now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your account stays. Pair devices and give consent again where you want to."))
    return redirect("account-erase")


OTHERS = {
    "message": _lazy("Messages, recent"),
    "message values": _lazy("Values in recent messages"),
    "late_message": _lazy("Messages that came late"),
    "late_message values": _lazy("Values in messages that came late"),
    "lake values": _lazy("Values in archived files"),
    "rollup_1m": _lazy("Minutes for charts"),
    "rollup_5m": _lazy("Days of five-minute values for charts"),
    "ingest_event": _lazy("Records of messages taken in"),
    "reading_count": _lazy("Daily counts of readings"),
}


def in_words(name: str) -> str:
    """What a store is called on a page; the certificate names tables as they are."""
    if name in OTHERS:
        return str(OTHERS[name])
    words = {model._meta.db_table: str(model._meta.verbose_name_plural) for model in apps.get_models()}
    text = words.get(name, name)
    return text[:1].upper() + text[1:]


@never_cache
@require_safe
def erasure_receipt(request: HttpRequest, erasure_id: UUID, secret: str) -> HttpResponse:
    """How far an erasure is, and its certificate; for whoever has the link, signed in or not."""
    try:
        found = certificate.certificate_behind(erasure_id=erasure_id, secret=secret)
    except certificate.CertificateUnknown as error:
        raise Http404 from error
    erasure = Erasure.objects.get(pk=erasure_id)
    context = {"erasure": erasure, "secret": secret, "certificate": found}
    context["kept"] = reasons(whole=erasure.scope == Erasure.Scope.ACCOUNT)
    context["counts"] = sorted((in_words(name), count) for name, count in erasure.counts.items() if count)
    return render(request, "vehicles/erasure_receipt.html", context)


@never_cache
@require_safe
def erasure_certificate(request: HttpRequest, erasure_id: UUID, secret: str) -> HttpResponse:
    """The signed certificate as a file."""
    try:
        found = certificate.certificate_behind(erasure_id=erasure_id, secret=secret)
    except certificate.CertificateUnknown as error:
        raise Http404 from error
    if found is None:
        raise Http404
    answer = HttpResponse(found.document, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="erasure-{erasure_id}.json"'
    return answer
