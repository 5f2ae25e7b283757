"""The books, to look at. Nothing here can be changed: the database refuses it to everybody."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dimo.admin_site import ReadOnlyAdmin
from dimo.ledger.models import Account, Journal
from dimo.money import format_amount

ENTRIES_SHOWN = 200


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "asset", "owner", "union_id", "amount")
    list_filter = ("kind", "asset")
    search_fields = ("owner", "union_id")
    list_select_related = ("balance",)
    show_full_result_count = False

    @admin.display(description="balance")
    def amount(self, account: Account) -> str:
        if account.lazy:
            return "summed when read"
        balance = getattr(account, "balance", None)
        return format_amount(balance.amount if balance else 0, account.asset)


@admin.register(Journal)
class JournalAdmin(ReadOnlyAdmin):
    list_display = ("id", "created_at", "kind", "key", "asset", "union_id")
    list_filter = ("kind", "asset")
    search_fields = ("key", "public_id")
    ordering = ("-id",)
    exclude = ("body_sha256",)
    readonly_fields = ("entries_of",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Journal]:
        return super().get_queryset(request).select_related("reverses")

    @admin.display(description="entries")
    def entries_of(self, journal: Journal) -> SafeString:
        entries = journal.entries.select_related("account").order_by("account_id")[:ENTRIES_SHOWN]
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            ((e.account_id, e.account.get_kind_display(), format_amount(e.amount, journal.asset)) for e in entries),
        )
        head = "<thead><tr><th>Account</th><th>Kind</th><th>Amount</th></tr></thead>"
        note = f"The first {ENTRIES_SHOWN} of {journal.entries.count()}"
        return format_html("<table>{}<tbody>{}</tbody></table><p>{}</p>", SafeString(head), rows, note)
