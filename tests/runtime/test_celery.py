"""What beat asks for exists, and goes where a worker listens."""

import pytest

from dimo.celery import BUILDS, ROUTES, SCHEDULE, app
from dimo.health import QUEUES


@pytest.fixture(scope="module")
def known() -> set[str]:
    app.loader.import_default_modules()
    return set(app.tasks)


def test_every_scheduled_and_routed_task_exists(known):
    named = {entry["task"] for entry in SCHEDULE.values()} | set(ROUTES)
    assert named - known == set()


def test_every_queue_has_workers_and_a_pulse():
    queues = {"celery", *(route["queue"] for route in ROUTES.values())}
    queues |= {entry["options"].get("queue", "celery") for entry in SCHEDULE.values()}
    assert queues == set(QUEUES)


def test_a_message_that_nobody_took_ends_before_the_next(known):
    assert all(0 < entry["options"]["expires"] <= entry["schedule"] for entry in SCHEDULE.values())


def test_builds_never_delay_short_work():
    assert ROUTES["licensing.tasks.build_dataset"]["queue"] == BUILDS
    assert app.amqp.router.route({}, "licensing.tasks.build_dataset")["queue"].name == BUILDS


def test_a_task_that_a_killed_worker_held_is_delivered_again():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.broker_transport_options["visibility_timeout"] > 2 * app.conf.task_time_limit
