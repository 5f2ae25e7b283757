"""What operators may look at: vehicles, devices and counts; never a coordinate, never a value."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from vehicles.models import Device, ImportBatch, Pairing, RejectionCount, Source, Vehicle


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
