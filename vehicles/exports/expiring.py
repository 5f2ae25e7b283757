"""Exports that wait, and the end of those whose week is over."""

import shutil
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from vehicles.exports import archive
from vehicles.exports.building import OPEN, State
from vehicles.models import DataExport


def unfinished_exports() -> list[UUID]:
    """Exports to be made or gone on with, oldest first; whoever is at work on one keeps the others off."""
    return list(DataExport.objects.filter(state__in=OPEN).order_by("asked_at").values_list("pk", flat=True)[:100])


def expire_exports(*, now: datetime) -> int:
    """Delete archives whose week is over, and folders that no export names; how many exports ended."""
    over = list(DataExport.objects.filter(state=State.READY, expires_at__lte=now).values_list("pk", flat=True))
    for export_id in over:
        archive.drop(export_id)
        DataExport.objects.filter(pk=export_id).update(state=State.EXPIRED)
    base = Path(settings.MEDIA_ROOT) / archive.FOLDER
    known = {str(key) for key in DataExport.objects.filter(state__in=[*OPEN, State.READY]).values_list("pk", flat=True)}
    for folder in base.iterdir() if base.is_dir() else ():
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)
    return len(over)
