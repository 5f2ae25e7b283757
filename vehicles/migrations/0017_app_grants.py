"""What owners let apps read. A word of theirs is never changed but for its end, once."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

GUARDS = """
CREATE FUNCTION app_grant_only_ends() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF current_setting('access.erasing', true) = 'on' THEN
      RETURN OLD;
    END IF;
  ELSIF OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL
    AND (NEW.id, NEW.app_id, NEW.owner_id, NEW.scopes, NEW.granted_at, NEW.expires_at, NEW.notice_sha256)
      = (OLD.id, OLD.app_id, OLD.owner_id, OLD.scopes, OLD.granted_at, OLD.expires_at, OLD.notice_sha256)
    AND NEW.reads_from IS NOT DISTINCT FROM OLD.reads_from THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a grant to an app only ends: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_grant_only_ends', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER app_grant_only_ends BEFORE UPDATE OR DELETE ON vehicles_appgrant
  FOR EACH ROW EXECUTE FUNCTION app_grant_only_ends();

CREATE FUNCTION app_grant_is_of_its_owner() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF TG_OP = 'UPDATE' OR NOT EXISTS (
      SELECT FROM public.vehicles_vehicle v JOIN public.vehicles_appgrant g ON g.id = NEW.grant_id
      WHERE v.id = NEW.vehicle_id AND v.owner_id = g.owner_id AND v.owner_epoch = NEW.owner_epoch) THEN
    RAISE EXCEPTION 'only its owner lets an app read a vehicle'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'a_grant_is_of_the_owner', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER app_grant_is_of_its_owner BEFORE INSERT OR UPDATE ON vehicles_appgrantvehicle
  FOR EACH ROW EXECUTE FUNCTION app_grant_is_of_its_owner();

CREATE FUNCTION erase_app_grants(person bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE gone bigint;
BEGIN
  PERFORM set_config('access.erasing', 'on', true);
  DELETE FROM public.vehicles_appgrantvehicle gv USING public.vehicles_appgrant g
    WHERE g.id = gv.grant_id AND g.owner_id = person;
  DELETE FROM public.vehicles_appgrant WHERE owner_id = person;
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('access.erasing', '', true);
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION erase_app_grants(bigint) FROM PUBLIC;
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
    REVOKE DELETE, TRUNCATE ON vehicles_appgrant FROM dimo_app;
    REVOKE UPDATE, TRUNCATE ON vehicles_appgrantvehicle FROM dimo_app;
    GRANT EXECUTE ON FUNCTION erase_app_grants(bigint) TO dimo_app;
  END IF;
END $$;
"""
UNDO = """
DROP FUNCTION erase_app_grants(bigint);
DROP TRIGGER app_grant_is_of_its_owner ON vehicles_appgrantvehicle;
DROP FUNCTION app_grant_is_of_its_owner();
DROP TRIGGER app_grant_only_ends ON vehicles_appgrant;
DROP FUNCTION app_grant_only_ends();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("dimo", "0003_apps_and_access"),
        ("vehicles", "0016_leaving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AppGrant",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None),
                ),
                ("reads_from", models.DateTimeField(help_text="none: since the vehicle is the owner's", null=True)),
                ("granted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("notice_sha256", models.CharField(help_text="of the words that the owner said yes to", max_length=64)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("revoked", "Revoked"),
                            ("replaced", "Replaced"),
                            ("handed_over", "The vehicle was handed over"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="dimo.app"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="app_grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AppGrantVehicle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner_epoch", models.PositiveIntegerField()),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="vehicles", to="vehicles.appgrant"
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="app_grants", to="vehicles.vehicle"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="appgrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)),
                fields=("app", "owner"),
                name="an_owner_says_one_thing_to_an_app",
            ),
        ),
        migrations.AddConstraint(
            model_name="appgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("granted_at"))), name="a_grant_lasts"
            ),
        ),
        migrations.AddConstraint(
            model_name="appgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("scopes", []), _negated=True), name="a_grant_grants_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="appgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_because", ""), ("revoked_at", None)),
                    models.Q(("revoked_at__isnull", False), models.Q(("ended_because", ""), _negated=True)),
                    _connector="OR",
                ),
                name="an_ended_grant_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="appgrantvehicle",
            constraint=models.UniqueConstraint(fields=("grant", "vehicle"), name="a_grant_names_a_vehicle_once"),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
