"""People and access, for operators."""

from typing import ClassVar

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.admin import ModelAdmin

from dimo.admin_site import ReadOnlyAdmin
from dimo.api.models import ApiKey
from dimo.audit.models import AuditEvent
from dimo.oauth import registration
from dimo.oauth.models import App
from dimo.users import access
from dimo.users.models import User
from dimo.wallets.models import Wallet

if admin.site.is_registered(Group):
    admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(ModelAdmin):
    """State only. What somebody may do is given by rules, so roles are not edited here."""

    list_display = ("email", "name", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name", "public_id")
    ordering = ("-date_joined",)
    fields = ("email", "public_id", "name", "timezone", "is_active", "is_staff", "groups", "date_joined", "last_login")
    readonly_fields = fields
    actions: ClassVar = ["freeze", "unfreeze"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    @admin.action(description="Freeze: end sessions and keys, refuse sign-in", permissions=["change"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            access.freeze_user(user=user, by=request.user)
        messages.success(request, f"Frozen: {queryset.count()}")

    @admin.action(description="Let sign in again", permissions=["change"])
    def unfreeze(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            access.unfreeze_user(user=user, by=request.user)
        messages.success(request, f"May sign in again: {queryset.count()}")


@admin.register(Wallet)
class WalletAdmin(ReadOnlyAdmin):
    list_display = ("address", "user", "linked_at")
    search_fields = ("address", "user__email")
    list_select_related = ("user",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Hashes are not shown: they are nobody's business, and useless."""

    list_display = ("label", "prefix", "user", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
    search_fields = ("label", "prefix", "user__email")
    list_select_related = ("user",)
    fields = list_display


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "action", "actor", "actor_label", "object_kind", "object_id", "union_id")
    list_filter = ("action", "object_kind")
    search_fields = ("object_id", "actor__email")
    list_select_related = ("actor",)
    ordering = ("-at",)
    show_full_result_count = False


@admin.register(App)
class AppAdmin(ModelAdmin):
    """Who asks owners for data. Suspending refuses every read at once; verifying shows on the consent screen."""

    list_display = ("name", "publisher", "website", "developer", "registered_at", "verified_at", "suspended_at")
    list_filter = (("verified_at", admin.EmptyFieldListFilter), ("suspended_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "publisher", "developer__email")
    list_select_related = ("developer",)
    fields = (*list_display, "redirect_uris", "scopes", "closed_at")
    readonly_fields = fields
    actions: ClassVar = ["suspend", "resume", "verify", "unverify"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: App | None = None) -> bool:
        return False

    @admin.action(description="Suspend: refuse every read at once", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[App]) -> None:
        for app in queryset:
            registration.set_suspended(app=app, suspended=True, operator=request.user, now=now())
        messages.success(request, f"Suspended: {queryset.count()}")

    @admin.action(description="Resume: owners' permissions count again", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[App]) -> None:
        for app in queryset:
            registration.set_suspended(app=app, suspended=False, operator=request.user, now=now())
        messages.success(request, f"Resumed: {queryset.count()}")

    @admin.action(description="Verify: we know this publisher", permissions=["change"])
    def verify(self, request: HttpRequest, queryset: QuerySet[App]) -> None:
        for app in queryset:
            registration.set_verified(app=app, verified=True, operator=request.user, now=now())
        messages.success(request, f"Verified: {queryset.count()}")

    @admin.action(description="Take the verification back", permissions=["change"])
    def unverify(self, request: HttpRequest, queryset: QuerySet[App]) -> None:
        for app in queryset:
            registration.set_verified(app=app, verified=False, operator=request.user, now=now())
        messages.success(request, f"No longer verified: {queryset.count()}")
