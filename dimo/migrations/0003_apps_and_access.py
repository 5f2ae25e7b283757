"""Apps of others with what they are issued, and the log of who read whose data, which is only ever added to."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# Erasing a person is the one way to take entries out, and it takes all of theirs.
GUARDS = """
CREATE FUNCTION access_log_stays() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('access.erasing', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'the access log is append-only: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'the_access_log_is_append_only', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER access_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON dimo_accessentry
  FOR EACH STATEMENT EXECUTE FUNCTION access_log_stays();

CREATE FUNCTION erase_access_log(person bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE gone bigint;
BEGIN
  PERFORM set_config('access.erasing', 'on', true);
  DELETE FROM public.dimo_accessentry WHERE owner_id = person;
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('access.erasing', '', true);
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION erase_access_log(bigint) FROM PUBLIC;
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON dimo_accessentry FROM dimo_app;
    GRANT EXECUTE ON FUNCTION erase_access_log(bigint) TO dimo_app;
  END IF;
END $$;
"""
UNDO = """
DROP FUNCTION erase_access_log(bigint);
DROP TRIGGER access_log_stays ON dimo_accessentry;
DROP FUNCTION access_log_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("dimo", "0002_audit_append_only"),
    ]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("buyer", "License and download data"),
                        ("developer", "Register apps"),
                        ("device", "Send telemetry"),
                        ("driver", "Read one's own vehicles"),
                        ("steward", "Run a union"),
                    ],
                    max_length=16,
                ),
                size=None,
            ),
        ),
        migrations.CreateModel(
            name="App",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("publisher", models.CharField(max_length=80)),
                ("website", models.URLField()),
                (
                    "redirect_uris",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), size=10),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), help_text="the most it may ask for", size=None
                    ),
                ),
                (
                    "secret_sha256",
                    models.BinaryField(help_text="none: an app that can keep no secret", max_length=32, null=True),
                ),
                ("registered_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "verified_at",
                    models.DateTimeField(blank=True, help_text="since when we know the publisher", null=True),
                ),
                ("suspended_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, help_text="by its developer", null=True)),
                (
                    "developer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="apps", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AppSession",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None),
                ),
                ("redirect_uri", models.CharField(max_length=300)),
                ("code_challenge", models.CharField(max_length=128)),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("owner", "Revoked by the owner"),
                            ("app", "Given back by the app"),
                            ("code_reused", "A code came twice"),
                            ("refresh_reused", "A refresh token came twice"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sessions", to="dimo.app"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="app_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AppCredential",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("code", "Authorization code"),
                            ("access", "Access token"),
                            ("refresh", "Refresh token"),
                        ],
                        max_length=8,
                    ),
                ),
                ("secret_sha256", models.BinaryField(max_length=32, unique=True)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None),
                ),
                ("issued_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "used_at",
                    models.DateTimeField(blank=True, help_text="codes and refresh tokens work once", null=True),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="credentials", to="dimo.appsession"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccessEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("vehicle_id", models.IntegerField(null=True)),
                (
                    "reader",
                    models.CharField(
                        choices=[
                            ("app", "App"),
                            ("buyer", "Buyer"),
                            ("steward", "Steward"),
                            ("operator", "Operator"),
                            ("support", "Support"),
                        ],
                        max_length=8,
                    ),
                ),
                ("reader_id", models.CharField(help_text="of the app, the organization or the person", max_length=36)),
                ("reader_name", models.CharField(max_length=120)),
                (
                    "what",
                    models.CharField(
                        help_text="signals, latest, trips, vehicles, dataset, download, page", max_length=24
                    ),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        help_text="classes, each with its precision",
                        size=None,
                    ),
                ),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                (
                    "rows",
                    models.IntegerField(help_text="how many rows of this vehicle; none: a page about it", null=True),
                ),
                (
                    "under",
                    models.CharField(
                        choices=[("grant", "Your permission"), ("license", "License"), ("role", "Office")], max_length=8
                    ),
                ),
                ("under_id", models.CharField(blank=True, max_length=36)),
                ("note", models.CharField(blank=True, help_text="what for, in words", max_length=160)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["owner", "-at", "-id"], name="access_by_owner")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reader_name", ""), _negated=True), name="a_reader_has_a_name"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="app",
            constraint=models.CheckConstraint(
                condition=models.Q(("redirect_uris", []), _negated=True), name="an_app_says_where_people_return_to"
            ),
        ),
        migrations.AddIndex(
            model_name="appsession",
            index=models.Index(fields=["user", "app"], name="app_session_by_person"),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
