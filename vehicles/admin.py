"""What operators may look at: vehicles, devices and counts; never a coordinate, never a value."""

from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from dimo.users.models import User
from vehicles import registry
from vehicles.models import Device, ImportBatch, Pairing, RejectionCount, Source, Vehicle, VinClaim


class LookedAt(ModelAdmin):
    """Rows change by rules alone, never by hand."""

    list_filter_submit = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Vehicle)
class VehicleAdmin(LookedAt):
    list_display = ("public_id", "make", "model", "year", "powertrain", "simulated", "owner_epoch", "retired_at")
    list_filter = ("powertrain", "simulated")
    search_fields = ("public_id", "make", "model")
    fields: ClassVar = list_display + ("registered_at", "owned_since")  # noqa: RUF005


@admin.register(Device)
class DeviceAdmin(LookedAt):
    list_display = ("public_id", "kind", "address", "last_sequence", "last_seen_at", "flagged_at", "simulated")
    list_filter = ("kind", "simulated", ("flagged_at", admin.EmptyFieldListFilter))
    search_fields = ("public_id", "address")
    fields = list_display


@admin.register(Pairing)
class PairingAdmin(LookedAt):
    list_display = ("device", "vehicle_id", "owner_epoch", "period")
    list_select_related = ("device",)
    fields = ("device", "vehicle_id", "owner_epoch", "period", "subject")
    readonly_fields = ("vehicle_id",)


@admin.register(Source)
class SourceAdmin(LookedAt):
    list_display = ("id", "vehicle_id", "kind", "grade", "uncut_until")
    list_filter = ("kind", "grade")
    fields = list_display
    readonly_fields = ("id", "vehicle_id")


@admin.register(ImportBatch)
class ImportBatchAdmin(LookedAt):
    list_display = ("id", "format", "state", "stored", "duplicate", "created_at", "finished_at")
    list_filter = ("format", "state")
    fields: ClassVar = list_display + ("rejected", "failure")  # noqa: RUF005
    readonly_fields = ("id",)


@admin.register(RejectionCount)
class RejectionCountAdmin(LookedAt):
    """How many and why; the sample is the owner's alone."""

    list_display = ("day", "source_id", "signal", "code", "count")
    list_filter = ("code",)
    fields = list_display
    readonly_fields = ("source_id",)


@admin.register(VinClaim)
class VinClaimAdmin(LookedAt):
    """Whose a VIN is, decided on papers that both show us; the VIN itself is not shown."""

    list_display = ("id", "vehicle_id", "state", "opened_at", "settled_at")
    list_filter = ("state",)
    fields = list_display
    readonly_fields = ("id", "vehicle_id")
    actions = ("grant", "refuse")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("vehicles.change_vinclaim")

    @admin.action(description=_("Grant: the VIN passes to the claimant's vehicle"), permissions=["operate"])
    def grant(self, request: HttpRequest, queryset: Any) -> None:
        self.settle(request, queryset, granted=True)

    @admin.action(description=_("Refuse: the VIN stays where it is"), permissions=["operate"])
    def refuse(self, request: HttpRequest, queryset: Any) -> None:
        self.settle(request, queryset, granted=False)

    def settle(self, request: HttpRequest, queryset: Any, *, granted: bool) -> None:
        for claim in queryset:
            registry.settle_claim(claim=claim, granted=granted, operator=cast(User, request.user), now=timezone.now())
        messages.success(request, _("Decided. Both vehicles show it."))
