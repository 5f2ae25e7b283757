"""Settings: profile, sign-in methods, wallets, API keys."""

from typing import Any
from uuid import UUID

from allauth.account import views as allauth
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dimo.api import keys as rules
from dimo.errors import DomainError
from dimo.users import profile, selectors
from dimo.users.forms import KeyForm, ProfileForm


def sign_out(request: HttpRequest) -> HttpResponse:
    """As allauth does it; the browser also forgets what our pages kept in it: a phone's key, readings that wait."""
    answer: HttpResponse = allauth.logout(request)
    if request.method == "POST":
        answer["Clear-Site-Data"] = '"storage"'
    return answer


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_settings(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            profile.change_profile(user=request.user, name=values["name"], timezone=values["timezone"])
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("settings")
    context = {
        "form": form,
        "methods": selectors.sign_in_methods(user=request.user),
        "wallets": selectors.wallets(user=request.user),
        "keys": selectors.working_keys(user=request.user).count(),
    }
    return render(request, "account/settings.html", context, status=400 if form.errors else 200)


def keys_page(request: HttpRequest, form: KeyForm, **more: Any) -> HttpResponse:
    context = {"form": form, "keys": selectors.keys(user=request.user), **more}
    return render(request, "account/keys.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The new key stands in the answer to the POST and nowhere else: it is stored only as a hash."""
    form = KeyForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return keys_page(request, form)
    values = form.cleaned_data
    try:
        key, text = rules.issue_key(
            user=request.user, label=values["label"], scopes=values["scopes"], expires_at=form.expires_at()
        )
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return keys_page(request, form)
    return keys_page(request, KeyForm(), new_key=key, new_key_text=text)


@login_required
@never_cache
@require_POST
def rotate_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    key, text = rules.rotate_key(user=request.user, key_id=key_id)
    return keys_page(request, KeyForm(), new_key=key, new_key_text=text)


@login_required
@require_POST
def revoke_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    key = rules.revoke_key(user=request.user, key_id=key_id)
    messages.success(request, _("Revoked: %(label)s. It stopped working at once.") % {"label": key.label})
    return redirect("api-keys")
