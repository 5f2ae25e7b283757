"""Buyers and sales for operators: verify who somebody is, record what they paid; everything else is read only."""

from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from dimo.admin_site import ReadOnlyAdmin
from dimo.errors import DomainError
from dimo.money import DECIMALS, format_amount
from dimo.users.models import User
from licensing import organizations
from licensing.models import Dataset, License, Offer, Organization, Quote

EURO = 10 ** DECIMALS["EURC"]


class PaymentForm(forms.Form):
    amount = forms.DecimalField(
        label=_("Amount in euros"), min_value=Decimal("0.01"), max_digits=15, decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )  # fmt: skip
    reference = forms.CharField(
        label=_("Reference of the bank transfer"), max_length=60, widget=UnfoldAdminTextInputWidget,
        help_text=_("Without spaces. The same reference again is the same payment and credits nothing."),
    )  # fmt: skip


@admin.register(Organization)
class OrganizationAdmin(ReadOnlyAdmin):
    list_display = ("name", "category", "country", "verified_at", "created_at")
    list_filter = ("category", ("verified_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "id")
    fields = ("id", "name", "category", "country", "verified_at", "created_at")
    readonly_fields = fields
    actions = ("verify",)  # type: ignore[assignment]
    actions_detail = ("record_payment",)

    def has_operate_permission(self, request: HttpRequest, *_object: object) -> bool:
        return request.user.has_perm("licensing.change_organization")

    @admin.action(description=_("Verify: we checked who they are"), permissions=["operate"])
    def verify(self, request: HttpRequest, queryset: Any) -> None:
        for organization in queryset:
            organizations.verify_organization(
                organization=organization, operator=cast(User, request.user), now=timezone.now()
            )
        messages.success(request, _("Verified. They can buy from now on."))

    @action(description=_("Record a payment"), url_path="record-payment", permissions=["operate"])
    def record_payment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        organization = get_object_or_404(Organization, pk=object_id)
        form = PaymentForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                organizations.top_up(
                    organization=organization,
                    asset="EURC",
                    amount=int(form.cleaned_data["amount"] * EURO),
                    reference=form.cleaned_data["reference"],
                    operator=cast(User, request.user),
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                messages.success(request, _("Recorded. The balance has it."))
                return redirect("admin:licensing_organization_change", object_id)
        context = {**self.admin_site.each_context(request), "form": form, "organization": organization}
        return render(request, "licensing/admin_payment.html", {**context, "title": _("Record a payment")})


@admin.register(Offer)
class OfferAdmin(ReadOnlyAdmin):
    list_display = ("name", "union", "state", "opened_at")
    list_filter = ("state",)
    fields: ClassVar = ("id", "name", "union", "state", "signals", "tiers", "purposes", "opened_at")


class Priced:
    """The price as people read it; the column itself holds base units."""

    @admin.display(description=_("price"), ordering="price")
    def money(self, row: Any) -> str:
        return format_amount(row.price, row.asset, exact=True)


@admin.register(Quote)
class QuoteAdmin(Priced, ReadOnlyAdmin):
    list_display = ("id", "organization", "union", "tier", "money", "created_at")
    list_filter = ("tier",)
    fields: ClassVar = (
        *list_display, "offer", "period_from", "period_to", "signals", "purpose", "vehicles", "expires_at",
    )  # fmt: skip


@admin.register(License)
class LicenseAdmin(Priced, ReadOnlyAdmin):
    list_display = ("number", "organization", "union", "state", "money", "attempts", "bought_at")
    list_filter = ("state",)
    search_fields = ("number", "id")
    fields: ClassVar = (*list_display, "phase", "failure", "claimed_at", "delivered_at", "settled_at")


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    """What was delivered, without its rows."""

    list_display = ("license", "revision", "rows", "built_at")
    fields = ("license", "revision", "folder", "rows", "built_at", "manifest")
