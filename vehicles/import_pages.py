"""Pages for bringing in drives from a file: upload, live progress, result, list and undo. Only the owner sees them."""

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dimo.errors import DomainError
from dimo.pages.slots import respond
from dimo.users.models import User
from vehicles import imports
from vehicles.import_forms import ImportForm
from vehicles.import_tasks import hint_import
from vehicles.importers.formats import LARGEST_FILE
from vehicles.importers.reasons import reason
from vehicles.models import ImportBatch

ENVELOPE = 64 * 1024  # what a form adds around its file
TONES = {"done": "ok", "failed": "bad", "running": "live", "queued": "", "undone": "", "mapping": "warn"}


class Capped(FileUploadHandler):
    """Lets no file onto the disk that is too large to be imported."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.seen += len(raw_data)
        if self.seen <= LARGEST_FILE:
            return raw_data
        self.request.file_too_large = True  # type: ignore[union-attr]
        return None

    def file_complete(self, file_size: int) -> None:
        return None


@csrf_exempt
@login_required
@require_http_methods(["GET", "POST"])
def new_import(request: HttpRequest) -> HttpResponse:
    """The upload page. The token is checked behind the cap, which must stand before the body is read."""
    request.upload_handlers = [Capped(request), *request.upload_handlers]
    return upload(request)


@csrf_protect
def upload(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "vehicles/import_new.html", {"form": ImportForm(owner=person(request))})
    form = ImportForm(request.POST, request.FILES, owner=person(request))
    status = 422
    if getattr(request, "file_too_large", False):
        form.errors.pop("file", None)
        form.add_error("file", _("The file is larger than %(size)s MiB.") % {"size": LARGEST_FILE // 2**20})
        status = 413
    elif form.is_valid():
        try:
            batch = imports.start_import(owner=person(request), now=now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            status = refusal.status
        else:
            if batch.state == ImportBatch.State.MAPPING:
                return redirect("import-columns", batch.pk)
            hint_import(batch_id=batch.pk)
            return redirect("import-progress", batch.pk)
    return render(request, "vehicles/import_new.html", {"form": form}, status=status)


def person(request: HttpRequest) -> User:
    return cast(User, request.user)  # every page here asks for a sign-in


def own_batch(request: HttpRequest, batch_id: UUID) -> ImportBatch:
    return get_object_or_404(imports.imports_of(owner=person(request)), pk=batch_id)


@login_required
@require_GET
def import_progress(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """How far an import is, and what became of it; asks again each second while it runs."""
    batch = own_batch(request, batch_id)
    if batch.state == ImportBatch.State.MAPPING:
        return redirect("import-columns", batch.pk)
    context = {"batch": batch, "tone": TONES[batch.state], "running": batch.state in imports.OPEN}
    if batch.state in (ImportBatch.State.DONE, ImportBatch.State.UNDONE):
        counts = imports.refusals_of(batch=batch)
        context |= {
            "refused": [(reason(code), code, count) for code, count in counts.most_common()],
            "refused_total": counts.total(),
            "found_trips": imports.trips_of(batch=batch)[:50],
        }
    if request.headers.get("HX-Request"):
        return respond(request, "vehicles/_import_progress.html", context)
    return render(request, "vehicles/import_progress.html", context)


@login_required
@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """A person's imports, newest first."""
    batches = [(batch, TONES[batch.state]) for batch in imports.imports_of(owner=person(request))[:200]]
    return render(request, "vehicles/import_list.html", {"batches": batches})


@login_required
@require_POST
def undo_import(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Take back one import."""
    batch = own_batch(request, batch_id)
    try:
        imports.undo_import(batch_id=batch.pk, now=now())
    except imports.ImportUnfinished as refusal:
        context = {"batch": batch, "tone": TONES[batch.state], "running": True, "refusal": str(refusal)}
        return render(request, "vehicles/import_progress.html", context, status=refusal.status)
    return redirect("import-progress", batch.pk)
