"""Sweeps: each finds its work in the rows and may run twice."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory

from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.factories import NOW, drive, make_source
from vehicles import intake, tasks, telemetry
from vehicles.models import Trip


@pytest.mark.django_db
def test_what_was_sent_becomes_trips_once():
    source = make_source()
    readings = drive(NOW - timedelta(hours=3))
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=NOW)
    for _ in range(2):
        tasks.cut_source(source_id=source.pk)
    assert Trip.objects.count() == 1


@pytest.mark.django_db
def test_old_events_are_forgotten_and_young_ones_are_not(client):
    device = make_client()
    post(client, [device.signed([reading()])])
    tasks.prune_ingest_events()
    assert count_events() == 1
    tasks.ensure_partitions()
    with connection.cursor() as cursor:
        cursor.execute("SELECT received_at FROM ingest_event")
        (received,) = cursor.fetchone()
    assert intake.prune_events(before=received + timedelta(seconds=1)) == 1
    assert count_events() == 0


def count_events():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ingest_event")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_operators_look_and_do_not_touch(admin_user):
    request = RequestFactory().get("/")
    request.user = admin_user
    ours = [model_admin for model, model_admin in admin.site._registry.items() if model._meta.app_label == "vehicles"]
    assert len(ours) == 7
    for model_admin in ours:
        assert model_admin.has_view_permission(request)
        may = (model_admin.has_add_permission, model_admin.has_change_permission, model_admin.has_delete_permission)
        assert not any(allowed(request) for allowed in may)
        shown = {*model_admin.list_display, *model_admin.get_fields(request)}
        assert not shown & {"sample", "salt", "vin_tag", "owner", "nickname", "timezone"}


@pytest.mark.django_db
def test_every_admin_page_of_the_room_opens(admin_client):
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label == "vehicles":
            assert admin_client.get(f"/admin/vehicles/{model._meta.model_name}/").status_code == 200, model_admin
