"""Verdicts on a vehicle's weeks, which are only ever added to, and the prints by which copied drives are found."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import F, Q

KINDS = [
    ("hardware", "Device in the car"),
    ("phone", "Phone"),
    ("connection", "Maker's connection"),
    ("import", "Imported file"),
    ("simulator", "Simulator"),
    ("none", "Nothing"),
]

# A revision follows the one before it. Erasing a vehicle is the one way to take verdicts out, and it takes all.
GUARDS = """
CREATE FUNCTION vehicles_verdict_follows() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NEW.revision <> 1 + (SELECT coalesce(max(revision), 0) FROM public.vehicles_movementverdict
      WHERE week = NEW.week AND vehicle_id = NEW.vehicle_id AND owner_epoch = NEW.owner_epoch) THEN
    RAISE EXCEPTION 'revision % does not follow the one before it', NEW.revision
      USING ERRCODE = 'check_violation', CONSTRAINT = 'a_revision_follows', TABLE = 'vehicles_movementverdict';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER verdict_follows BEFORE INSERT ON vehicles_movementverdict
  FOR EACH ROW EXECUTE FUNCTION vehicles_verdict_follows();

CREATE FUNCTION vehicles_verdict_stays() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('movement.erasing', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'verdicts are append-only: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'verdicts_are_append_only', TABLE = 'vehicles_movementverdict';
END $$;
CREATE TRIGGER verdict_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON vehicles_movementverdict
  FOR EACH STATEMENT EXECUTE FUNCTION vehicles_verdict_stays();

CREATE FUNCTION erase_movement(vehicle int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE gone bigint;
BEGIN
  PERFORM set_config('movement.erasing', 'on', true);
  DELETE FROM public.vehicles_movementverdict WHERE vehicle_id = vehicle;
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('movement.erasing', '', true);
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION erase_movement(int) FROM PUBLIC;
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON vehicles_movementverdict FROM dimo_app;
    GRANT EXECUTE ON FUNCTION erase_movement(int) TO dimo_app;
  END IF;
END $$;
"""
UNDO = """
DROP FUNCTION erase_movement(int);
DROP TRIGGER verdict_stays ON vehicles_movementverdict;
DROP FUNCTION vehicles_verdict_stays();
DROP TRIGGER verdict_follows ON vehicles_movementverdict;
DROP FUNCTION vehicles_verdict_follows();
"""


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0010_identity_and_contact")]
    operations = [
        migrations.CreateModel(
            name="TripPrint",
            fields=[
                (
                    "trip",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="print",
                        serialize=False,
                        to="vehicles.trip",
                    ),
                ),
                (
                    "ended_at",
                    models.DateTimeField(help_text="of the trip when its prints were made; another: they are stale"),
                ),
                ("readings", models.PositiveIntegerField()),
                ("prints", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
            options={"indexes": [django.contrib.postgres.indexes.GinIndex(fields=["prints"], name="trip_by_print")]},
        ),
        migrations.CreateModel(
            name="MovementVerdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner_epoch", models.PositiveIntegerField()),
                ("week", models.DateField(help_text="Monday, UTC")),
                ("revision", models.PositiveSmallIntegerField()),
                ("proved", models.BooleanField(help_text="the numbers agree with a vehicle that was driven")),
                ("earns", models.BooleanField(help_text="proved by a paired device that signed whole messages")),
                ("kind", models.CharField(choices=KINDS, max_length=12)),
                ("powertrain", models.CharField(blank=True, max_length=12)),
                ("km", models.FloatField(help_text="of drives that count, by positions")),
                ("gps_km", models.FloatField()),
                ("odometer_km", models.FloatField(null=True)),
                ("trips", models.PositiveIntegerField(help_text="that count")),
                ("days", models.PositiveSmallIntegerField()),
                ("signed_share", models.FloatField(help_text="of the kilometers, 0..1")),
                (
                    "witnesses",
                    models.PositiveSmallIntegerField(help_text="independent measures of the distance that agree"),
                ),
                (
                    "reasons",
                    models.JSONField(default=list, help_text="codes with figures; words are in movement/words.py"),
                ),
                ("evidence", models.JSONField(default=dict)),
                (
                    "trips_digest",
                    models.CharField(help_text="of the trips that were judged; another: judge again", max_length=32),
                ),
                ("judged_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="verdicts", to="vehicles.vehicle"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        F("vehicle"), F("owner_epoch"), F("week").desc(), F("revision").desc(), name="verdict_newest"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("week", "vehicle", "owner_epoch", "revision"), name="one_verdict_per_revision"
                    ),
                    models.CheckConstraint(
                        condition=Q(("earns", False), ("proved", True), _connector="OR"),
                        name="only_proved_movement_earns",
                    ),
                    models.CheckConstraint(condition=Q(("week__iso_week_day", 1)), name="a_verdict_is_of_a_week"),
                    models.CheckConstraint(condition=Q(("revision__gte", 1)), name="revisions_begin_at_one"),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
