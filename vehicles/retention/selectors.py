"""What is known of exact positions that are gone."""

from datetime import datetime

from vehicles.models import ExactRemoval


def removed_until(*, source_id: int) -> datetime | None:
    """Up to when a source's exact positions are gone: what was driven before is not cut again."""
    rows = ExactRemoval.objects.filter(source_id=source_id).order_by("-until")
    return rows.values_list("until", flat=True).first()
