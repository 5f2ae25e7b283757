"""Unions for operators: states and versions, never a coordinate; what is append-only is read-only."""

from typing import ClassVar

from django.contrib import admin

from dimo.admin_site import ReadOnlyAdmin
from unions.models import ConsentEvent, Membership, PolicyVersion, Seat, Terms, Union


@admin.register(Union)
class UnionAdmin(ReadOnlyAdmin):
    list_display: ClassVar = ["name", "state", "admission", "founded_at", "policy_revision"]
    list_filter: ClassVar = ["state", "admission"]
    search_fields: ClassVar = ["name", "slug"]


@admin.register(Seat)
class SeatAdmin(ReadOnlyAdmin):
    list_display: ClassVar = ["union", "user", "role", "since", "until"]
    list_filter: ClassVar = ["role"]
    list_select_related: ClassVar = ["union", "user"]


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display: ClassVar = ["union", "number", "change", "effective_at", "fingerprint"]
    list_filter: ClassVar = ["change"]
    list_select_related: ClassVar = ["union"]
    exclude: ClassVar = ["sha256"]

    @admin.display(description="SHA-256")
    def fingerprint(self, version: PolicyVersion) -> str:
        return bytes(version.sha256).hex()[:16]


@admin.register(Terms)
class TermsAdmin(ReadOnlyAdmin):
    list_display: ClassVar = ["union", "number", "asset", "union_fee_bps", "split_rule", "effective_at"]
    list_select_related: ClassVar = ["union"]


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display: ClassVar = ["id", "union", "state", "joined_at", "left_at"]
    list_filter: ClassVar = ["state"]
    list_select_related: ClassVar = ["union"]


@admin.register(ConsentEvent)
class ConsentEventAdmin(ReadOnlyAdmin):
    """Which words were said, for support; people change them themselves."""

    list_display: ClassVar = ["seq", "kind", "union", "signal_class", "tier_max", "at"]
    list_filter: ClassVar = ["kind"]
    list_select_related: ClassVar = ["union"]
    exclude: ClassVar = ["notice_sha256"]
