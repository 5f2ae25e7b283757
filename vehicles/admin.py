"""What operators may look at: vehicles, devices and counts; never a coordinate, never a value."""

from operator import attrgetter
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from dimo.audit import reads
from dimo.audit.models import AccessEntry
from dimo.users.models import User
from vehicles import registry
from vehicles.models import Device, ImportBatch, Pairing, RejectionCount, Source, Vehicle, VinClaim


class LookedAt(ModelAdmin):
    """Rows change by rules alone, never by hand. Whose rows a page shows reads in their log that it was looked at.

    `owner_path` and `vehicle_path`: how a row leads to them.
    """

    list_filter_submit = True
    owner_path: ClassVar[str] = "vehicle.owner_id"
    vehicle_path: ClassVar[str | None] = "vehicle_id"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        shown = (getattr(answer, "context_data", None) or {}).get("cl")
        self.write_down(request, list(shown.result_list) if shown is not None else [])
        return answer

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        shown = (getattr(answer, "context_data", None) or {}).get("original")
        self.write_down(request, [shown] if shown is not None else [])
        return answer

    def write_down(self, request: HttpRequest, rows: list[Model]) -> None:
        """Before the page is drawn: without the entry there is no page.

        Raises:
            AccessNotLogged
        """
        owners = (attrgetter(self.owner_path)(row) for row in rows)
        vehicles = (attrgetter(self.vehicle_path)(row) if self.vehicle_path else None for row in rows)
        reads.record_views(
            by=cast(User, request.user),
            reader=AccessEntry.Reader.OPERATOR,
            of=zip(owners, vehicles, strict=True),
            what="page",
            note=f"{self.opts.verbose_name_plural} in the operators' site".capitalize(),
            now=timezone.now(),
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Vehicle)
class VehicleAdmin(LookedAt):
    owner_path, vehicle_path = "owner_id", "pk"
    list_display = ("public_id", "make", "model", "year", "powertrain", "simulated", "owner_epoch", "retired_at")
    list_filter = ("powertrain", "simulated")
    search_fields = ("public_id", "make", "model")
    fields: ClassVar = list_display + ("registered_at", "owned_since")  # noqa: RUF005


@admin.register(Device)
class DeviceAdmin(LookedAt):
    owner_path, vehicle_path = "owner_id", None
    list_display = ("public_id", "kind", "address", "last_sequence", "last_seen_at", "flagged_at", "simulated")
    list_filter = ("kind", "simulated", ("flagged_at", admin.EmptyFieldListFilter))
    search_fields = ("public_id", "address")
    fields = list_display


@admin.register(Pairing)
class PairingAdmin(LookedAt):
    list_display = ("device", "vehicle_id", "owner_epoch", "period")
    list_select_related = ("device", "vehicle")
    fields = ("device", "vehicle_id", "owner_epoch", "period", "subject")
    readonly_fields = ("vehicle_id",)


@admin.register(Source)
class SourceAdmin(LookedAt):
    list_display = ("id", "vehicle_id", "kind", "grade", "uncut_until")
    list_filter = ("kind", "grade")
    list_select_related = ("vehicle",)
    fields = list_display
    readonly_fields = ("id", "vehicle_id")


@admin.register(ImportBatch)
class ImportBatchAdmin(LookedAt):
    owner_path, vehicle_path = "owner_id", None
    list_display = ("id", "format", "state", "stored", "duplicate", "created_at", "finished_at")
    list_filter = ("format", "state")
    fields: ClassVar = list_display + ("rejected", "failure")  # noqa: RUF005
    readonly_fields = ("id",)


@admin.register(RejectionCount)
class RejectionCountAdmin(LookedAt):
    """How many and why; the sample is the owner's alone."""

    owner_path, vehicle_path = "source.vehicle.owner_id", "source.vehicle_id"
    list_select_related = ("source__vehicle",)
    list_display = ("day", "source_id", "signal", "code", "count")
    list_filter = ("code",)
    fields = list_display
    readonly_fields = ("source_id",)


@admin.register(VinClaim)
class VinClaimAdmin(LookedAt):
    """Whose a VIN is, decided on papers that both show us; the VIN itself is not shown."""

    list_display = ("id", "vehicle_id", "state", "opened_at", "settled_at")
    list_select_related = ("vehicle",)
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
