"""Celery's application: which queue a task goes to, and what beat asks for when.

A row's state is the work and a message only a hint: every sweep finds again what a lost message would have told, so
losing the whole broker loses nothing. Tasks are named by string, as the ground imports no room.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init

from dimo import tenancy

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dimo.settings")

BUILDS = "builds"  # long work, with workers of its own, so that it never delays short work
ROUTES = {
    "licensing.tasks.build_dataset": {"queue": BUILDS},
    "vehicles.import_tasks.run_import": {"queue": BUILDS},
    "vehicles.store.tasks.seal_due_days": {"queue": BUILDS},
    "vehicles.erasure.tasks.run_erasure": {"queue": BUILDS},
    "vehicles.exports.tasks.build_export": {"queue": BUILDS},
    "vehicles.retention.tasks.sweep_exact_positions": {"queue": BUILDS},
}
SWEEP_SECONDS = 10.0
SCHEDULE: dict[str, dict[str, Any]] = {
    "pulse": {"task": "dimo.tasks.pulse", "schedule": 15.0},
    "pulse of builds": {
        "task": "dimo.tasks.pulse",
        "schedule": 15.0,
        "kwargs": {"queue": BUILDS},
        "options": {"queue": BUILDS},
    },
    "sweep builds": {"task": "licensing.tasks.sweep_builds", "schedule": SWEEP_SECONDS},
    "sweep settlements": {"task": "rewards.tasks.sweep_settlements", "schedule": 5.0},
    "check books": {"task": "dimo.ledger.tasks.check_books", "schedule": 86_400.0},
    "sweep imports": {"task": "vehicles.import_tasks.sweep_imports", "schedule": 60.0},
    "sweep erasures": {"task": "vehicles.erasure.tasks.sweep_erasures", "schedule": 60.0},
    "sweep exports": {"task": "vehicles.exports.tasks.sweep_exports", "schedule": 60.0},
    "prune answers": {"task": "dimo.tasks.prune_idempotent_answers", "schedule": 3600.0},
    "prune sessions": {"task": "dimo.tasks.prune_sessions", "schedule": 3600.0},
    "prune app credentials": {"task": "dimo.tasks.prune_app_credentials", "schedule": 3600.0},
    "days ahead": {"task": "vehicles.tasks.ensure_partitions", "schedule": 3600.0},
    "cut trips": {"task": "vehicles.tasks.cut_due_trips", "schedule": 30.0},
    "cut charges": {"task": "vehicles.charging.tasks.cut_due_sessions", "schedule": 60.0},
    "parked stretches": {"task": "vehicles.battery.tasks.derive_parked", "schedule": 86_400.0},
    "like batteries": {"task": "vehicles.battery.tasks.refresh_medians", "schedule": 7 * 86_400.0},
    "seal days": {"task": "vehicles.store.tasks.seal_due_days", "schedule": 3600.0},
    "sweep exact positions": {"task": "vehicles.retention.tasks.sweep_exact_positions", "schedule": 86_400.0},
    "watch contacts": {"task": "vehicles.tasks.watch_contacts", "schedule": 300.0},
    "judge movement": {"task": "vehicles.movement.tasks.judge_due", "schedule": 6 * 3600.0},
    "prune rejections": {"task": "vehicles.rejections.tasks.prune_rejections", "schedule": 3600.0},
    "prune events": {"task": "vehicles.tasks.prune_ingest_events", "schedule": 86_400.0},
}
for entry in SCHEDULE.values():
    # A message that nobody took before the next one would only repeat it.
    entry.setdefault("options", {}).setdefault("expires", entry["schedule"])

app = Celery("commons")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(task_routes=ROUTES, beat_schedule=SCHEDULE, worker_hijack_root_logger=False)
app.set_default()  # threads of the web server send with this application too
for begun in (beat_init, worker_init, worker_process_init):
    begun.connect(lambda **_: tenancy.work_for_the_platform(), weak=False)
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="import_tasks")
app.autodiscover_tasks(["vehicles.store"])
app.autodiscover_tasks(["vehicles.movement"])
app.autodiscover_tasks(["vehicles.charging"])
app.autodiscover_tasks(["vehicles.erasure"])
app.autodiscover_tasks(["vehicles.exports"])
app.autodiscover_tasks(["vehicles.rejections"])
app.autodiscover_tasks(["vehicles.retention"])
app.autodiscover_tasks(["vehicles.battery"])
