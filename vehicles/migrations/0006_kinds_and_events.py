"""Kinds of devices besides cars, what happened beside readings, fault codes, and how many readings came a day."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

COUNTS = """
CREATE TABLE reading_count (
    source_id int4 NOT NULL,
    day date NOT NULL,
    stored int8 NOT NULL,
    flagged int8 NOT NULL,
    PRIMARY KEY (source_id, day)
) WITH (fillfactor = 70);
COMMENT ON TABLE reading_count IS 'Readings stored and of them doubted, by UTC day of arrival; beside rejectioncount.';
"""
GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON reading_count TO dimo_app;
    END IF;
END $$;
"""


def of(model: str, name: str) -> models.ForeignKey:
    return models.ForeignKey(f"vehicles.{model}", django.db.models.deletion.PROTECT, related_name=name)


def key() -> tuple[str, models.BigAutoField]:
    return "id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0005_name_import_batches")]

    operations = [
        migrations.AddField(
            "vehicle", "kind", models.CharField(default="car", max_length=40, help_text="a kind of the catalog")
        ),
        migrations.CreateModel(
            name="VehicleEvent",
            fields=[
                key(),
                ("name", models.CharField(max_length=80)),
                ("ts", models.DateTimeField()),
                ("duration_ns", models.BigIntegerField(default=0)),
                (
                    "metadata",
                    models.JSONField(default=dict, help_text="what the device told besides, at most 1 KiB"),
                ),
                ("source", of("source", "events")),
                ("vehicle", of("vehicle", "events")),
            ],
            options={
                "indexes": [models.Index(fields=["vehicle", "-ts"], name="event_by_vehicle")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "name", "ts"), name="an_event_of_a_source_is_stored_once"
                    ),
                    models.CheckConstraint(condition=Q(duration_ns__gte=0), name="an_event_lasts_no_less_than_nothing"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FaultList",
            fields=[
                key(),
                ("ts", models.DateTimeField()),
                ("codes", django.contrib.postgres.fields.ArrayField(models.CharField(max_length=5), size=None)),
                ("source", of("source", "fault_lists")),
                ("vehicle", of("vehicle", "fault_lists")),
            ],
            options={
                "indexes": [models.Index(fields=["vehicle", "-ts"], name="fault_list_by_vehicle")],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "ts"), name="one_fault_list_of_a_source_at_a_moment")
                ],
            },
        ),
        migrations.CreateModel(
            name="FaultCode",
            fields=[
                key(),
                ("code", models.CharField(max_length=5)),
                ("opened_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("cleared_at", models.DateTimeField(null=True)),
                ("source", of("source", "fault_codes")),
                ("vehicle", of("vehicle", "fault_codes")),
            ],
            options={
                "indexes": [models.Index(fields=["vehicle", "-last_seen_at"], name="fault_code_by_vehicle")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "code", "opened_at"), name="a_code_opens_once_at_a_moment"
                    ),
                    models.UniqueConstraint(
                        condition=Q(cleared_at=None),
                        fields=("source", "code"),
                        name="a_code_stands_once_in_a_source",
                    ),
                    models.CheckConstraint(
                        condition=Q(last_seen_at__gte=F("opened_at"))
                        & (Q(cleared_at=None) | Q(cleared_at__gt=F("last_seen_at"))),
                        name="a_code_is_cleared_after_it_was_seen",
                    ),
                ],
            },
        ),
        migrations.RunSQL(COUNTS + GRANTS, "DROP TABLE reading_count"),
    ]
