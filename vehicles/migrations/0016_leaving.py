"""Exports, erasures and their certificates. A certificate is never changed; verdicts of one owner's time can go alone."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

GUARDS = """
CREATE FUNCTION vehicles_certificate_stays() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'certificates are append-only: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'certificates_are_append_only',
          TABLE = 'vehicles_erasurecertificate';
END $$;
CREATE TRIGGER certificate_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON vehicles_erasurecertificate
  FOR EACH STATEMENT EXECUTE FUNCTION vehicles_certificate_stays();

-- What is done or called back stays so, and nothing that was begun is called back.
CREATE FUNCTION vehicles_erasure_moves_forward() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
       ('waiting', 'due'), ('waiting', 'canceled'), ('due', 'done')) THEN
    RAISE EXCEPTION 'an erasure cannot go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'an_erasure_moves_forward', TABLE = 'vehicles_erasure';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER erasure_moves_forward BEFORE UPDATE ON vehicles_erasure
  FOR EACH ROW EXECUTE FUNCTION vehicles_erasure_moves_forward();

CREATE FUNCTION erase_movement(vehicle int, epoch int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE gone bigint;
BEGIN
  PERFORM set_config('movement.erasing', 'on', true);
  DELETE FROM public.vehicles_movementverdict WHERE vehicle_id = vehicle AND owner_epoch = epoch;
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('movement.erasing', '', true);
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION erase_movement(int, int) FROM PUBLIC;
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON vehicles_erasurecertificate FROM dimo_app;
    GRANT EXECUTE ON FUNCTION erase_movement(int, int) TO dimo_app;
  END IF;
END $$;
"""
UNDO = """
DROP FUNCTION erase_movement(int, int);
DROP TRIGGER erasure_moves_forward ON vehicles_erasure;
DROP FUNCTION vehicles_erasure_moves_forward();
DROP TRIGGER certificate_stays ON vehicles_erasurecertificate;
DROP FUNCTION vehicles_certificate_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("vehicles", "0015_privacy"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "scope",
                    models.CharField(
                        choices=[("vehicle", "One vehicle"), ("account", "The whole account")], max_length=7
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Can still be called back"),
                            ("due", "Being erased"),
                            ("done", "Erased"),
                            ("canceled", "Called back"),
                        ],
                        max_length=8,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("step", models.CharField(blank=True, help_text="the last step that was finished", max_length=40)),
                ("counts", models.JSONField(default=dict)),
                ("lake_before", models.BigIntegerField(help_text="version of the Delta table", null=True)),
                ("lake_after", models.BigIntegerField(null=True)),
                ("vacuumed_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="erasures",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="importbatch",
            name="format",
            field=models.CharField(
                choices=[
                    ("envirocar", "enviroCar"),
                    ("teslafi", "TeslaFi"),
                    ("twizy", "Twizy data set"),
                    ("commons", "Our own export"),
                    ("columns", "Another CSV file"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="ErasureCertificate",
            fields=[
                (
                    "erasure",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="certificate",
                        serialize=False,
                        to="vehicles.erasure",
                    ),
                ),
                ("document", models.TextField(help_text="the signed JSON, as it is handed out")),
                ("issued_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ErasedTime",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vehicle_id", models.IntegerField(help_text="no foreign key: the mark may outlive the vehicle's row")),
                ("epoch", models.PositiveIntegerField()),
                ("since", models.DateTimeField(help_text="none: since ever", null=True)),
                ("until", models.DateTimeField(help_text="none: without an end", null=True)),
                (
                    "erasure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="times", to="vehicles.erasure"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DataExport",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Being made"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("expired", "Deleted"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("phase", models.CharField(blank=True, help_text="what is written now, in words", max_length=80)),
                ("done_parts", models.PositiveIntegerField(default=0)),
                ("total_parts", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("size", models.BigIntegerField(help_text="bytes of the archive", null=True)),
                ("sha256", models.BinaryField(max_length=32, null=True)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exports", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["owner", "-asked_at"], name="export_by_owner")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=("owner",),
                        name="one_export_of_a_person_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ready"), _negated=True),
                            models.Q(
                                ("expires_at__isnull", False),
                                ("finished_at__isnull", False),
                                ("sha256__isnull", False),
                                ("size__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_ready_export_says_what_it_is",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="erasure",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "due"])), fields=["due_at"], name="erasure_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.UniqueConstraint(
                condition=models.Q(("scope", "account"), ("state__in", ["waiting", "due"])),
                fields=("person",),
                name="an_account_is_erased_once_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", False), ("state", "done")),
                    models.Q(models.Q(("state", "done"), _negated=True), ("done_at", None)),
                    _connector="OR",
                ),
                name="a_finished_erasure_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at__gte", models.F("asked_at"))), name="an_erasure_is_due_after_it_is_asked"
            ),
        ),
        migrations.AddConstraint(
            model_name="erasedtime",
            constraint=models.UniqueConstraint(fields=("vehicle_id", "epoch"), name="a_time_is_erased_by_one_erasure"),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
