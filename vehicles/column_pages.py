"""The page on which the owner of an unknown file says what its columns are, and looks before anything is stored."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dimo.errors import DomainError
from vehicles import column_imports, signals
from vehicles.column_forms import ColumnsForm
from vehicles.column_imports import PreviewRow
from vehicles.import_pages import own_batch
from vehicles.import_tasks import hint_import
from vehicles.importers.columns import Plan
from vehicles.importers.reasons import reason
from vehicles.models import ImportBatch


@login_required
@require_http_methods(["GET", "POST"])
def choose_columns(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Which column is what; a change shows the preview again, “Import” puts the file into the queue."""
    batch = own_batch(request, batch_id)
    if batch.state != ImportBatch.State.MAPPING:
        return redirect("import-progress", batch.pk)
    try:
        look, plan = column_imports.proposal(batch=batch)
    except DomainError as refusal:
        return render(request, "vehicles/import_columns.html", {"batch": batch, "unreadable": str(refusal)}, status=422)
    form = ColumnsForm(request.POST or None, look=look, plan=plan, timezone=batch.timezone)
    timezone, status = batch.timezone, 200
    if form.is_bound:
        if not form.is_valid():
            return shown(request, batch, form, [], 422)
        plan, timezone = form.chosen(), form.cleaned_data["timezone"]
        if "import" in request.POST:
            try:
                column_imports.choose(batch_id=batch.pk, plan=plan, timezone=timezone)
            except DomainError as refusal:
                form.add_error(field_of(form, refusal), str(refusal))
                status = 422
            else:
                hint_import(batch_id=batch.pk)
                return redirect("import-progress", batch.pk)
    return shown(request, batch, form, previewed(batch, form, plan, timezone, told=status != 200), status)


def previewed(batch: ImportBatch, form: ColumnsForm, plan: Plan, timezone: str, *, told: bool) -> list[PreviewRow]:
    """The preview, or none where the choices do not allow one yet; then the form says why."""
    try:
        return column_imports.preview(batch=batch, plan=plan, timezone=timezone, now=now())
    except DomainError as refusal:
        if form.is_bound and not told:
            form.add_error(field_of(form, refusal), str(refusal))
        return []


def field_of(form: ColumnsForm, refusal: DomainError) -> str | None:
    """The field of the form that a refusal speaks of: one of its own, or that of the column it names."""
    if refusal.field in form.look.header:
        return f"is_{form.look.header.index(refusal.field)}"
    return refusal.field if refusal.field in form.fields else None


def shown(
    request: HttpRequest, batch: ImportBatch, form: ColumnsForm, rows: list[PreviewRow], status: int
) -> HttpResponse:
    told = [signals.by_id[signal] for signal in sorted({signal for row in rows for signal in row.values})]
    table = [
        (row, [(signal, row.values.get(signal.id)) for signal in told], [told_reason(*gone) for gone in row.refused])
        for row in rows
    ]
    context = {"batch": batch, "form": form, "signals": told, "table": table}
    return render(request, "vehicles/import_columns.html", context, status=status)


def told_reason(signal: str, code: str) -> str:
    """A refusal in words, with the signal's title before it where there is one."""
    known = signals.by_id.get(int(signal)) if signal.isdecimal() else signals.by_name.get(signal)
    return f"{known.title}: {reason(code)}" if known else _(reason(code))


@login_required
@require_POST
def drop_import(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Forget the upload."""
    column_imports.drop(batch_id=own_batch(request, batch_id).pk)
    return redirect("imports")
