"""Work that beat asks for: parked stretches each night, and what batteries of like cars have in common each week."""

from celery import shared_task
from django.db.models import F
from django.utils import timezone

from vehicles.battery import parked, sharing
from vehicles.models import BatteryHealth, Vehicle

STEPS = 10


@shared_task
def derive_parked() -> None:
    """Hand out each vehicle that was charged or driven by its owner of now since its stretches were last looked for."""
    due = BatteryHealth.objects.filter(vehicle__retired_at=None).order_by(F("parked_until").asc(nulls_first=True))
    for vehicle_id in due.values_list("vehicle", flat=True).iterator():
        derive_parked_of.delay(vehicle_id=vehicle_id)


@shared_task
def derive_parked_of(*, vehicle_id: int) -> None:
    """Safe to deliver twice; what remains after ten steps waits for the next night."""
    vehicle = Vehicle.objects.filter(pk=vehicle_id).first()
    steps = STEPS
    while vehicle is not None and steps and parked.derive(vehicle=vehicle, now=timezone.now()):
        steps -= 1


@shared_task
def refresh_medians() -> None:
    sharing.refresh_medians(now=timezone.now())
