"""What beat asks for; each is safe to run twice and finds again what a lost message would have told."""

from datetime import date

from celery import shared_task
from django.utils import timezone

from vehicles.movement import judging


@shared_task
def judge_due() -> None:
    """Hand out the closed weeks that have something to judge, each by itself."""
    for week in judging.due_weeks(now=timezone.now()):
        if judging.due_vehicles(week=week, most=1):
            judge_week.delay(week=week.isoformat())


@shared_task
def judge_week(*, week: str) -> None:
    """Judge what is due of a week; one that is cut off goes on where it stopped."""
    judging.judge_week(week=date.fromisoformat(week), now=timezone.now())
