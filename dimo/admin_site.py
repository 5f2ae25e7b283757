"""The operators' site: one sign-in, a second factor where demanded, and nothing that shows where anybody was."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from dimo import tenancy
from dimo.health import readiness


def gave_second_factor(request: HttpRequest) -> bool:
    """Whether this very session was opened or confirmed with a second factor, a passkey included."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


class OperationsSite(UnfoldAdminSite):
    index_template = "admin/operations.html"

    def has_permission(self, request: HttpRequest) -> bool:
        if not super().has_permission(request):
            return False
        if settings.STAFF_MFA_REQUIRED and not gave_second_factor(request):
            return False
        tenancy.act_for_the_platform()
        return True

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one sign-in page. From here people are led to what they lack."""
        target = request.GET.get("next") or reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(target, reverse("account_login"))
        if not super().has_permission(request):
            raise PermissionDenied
        if self.has_permission(request):
            return redirect("admin:index")
        if is_mfa_enabled(request.user):
            return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': target})}")
        messages.warning(request, "Operators need a second factor. Add a passkey or an authenticator app first.")
        return redirect("mfa_index")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        ready, report = readiness()
        health = {"ready": ready, "checks": report["checks"], "degraded": report["degraded"]}
        return super().index(request, {**(extra_context or {}), "health": health})


class ReadOnlyAdmin(ModelAdmin):
    """For rows that never change, or that only rules may change."""

    actions = None

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
