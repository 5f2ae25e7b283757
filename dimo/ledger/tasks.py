"""The ledger's housekeeping."""

from celery import shared_task

from dimo.ledger import books


@shared_task
def check_books() -> None:
    """Fails, and so alarms, when the books contradict themselves. Safe to run at any time."""
    books.check_books()
