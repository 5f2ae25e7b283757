"""Privacy zones, how long exact positions are kept, and how some signals of a message are taken out of it."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# A trigger keeps what a constraint cannot say: whose vehicle a zone is for, and that a circle which shrinks moves, since
# the place inside it is not kept and might be left outside.
GUARDS = """
CREATE FUNCTION vehicles_zone_is_its_owners() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NEW.vehicle_id IS NOT NULL
    AND (TG_OP = 'INSERT' OR NEW.vehicle_id IS DISTINCT FROM OLD.vehicle_id OR NEW.owner_id <> OLD.owner_id)
    AND NOT EXISTS (SELECT FROM public.vehicles_vehicle WHERE id = NEW.vehicle_id AND owner_id = NEW.owner_id)
  THEN
    RAISE EXCEPTION 'a zone is for a vehicle of its owner' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'a_zone_is_for_its_owners_vehicle', TABLE = 'vehicles_privacyzone';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.radius_m < OLD.radius_m AND (NEW.lat, NEW.lon) = (OLD.lat, OLD.lon) THEN
    RAISE EXCEPTION 'a zone that shrinks is drawn anew' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'a_zone_that_shrinks_is_drawn_anew', TABLE = 'vehicles_privacyzone';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER zone_is_its_owners BEFORE INSERT OR UPDATE ON vehicles_privacyzone
  FOR EACH ROW EXECUTE FUNCTION vehicles_zone_is_its_owners();

CREATE FUNCTION vehicles_removal_rises() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NEW.until < OLD.until THEN
    RAISE EXCEPTION 'what was removed does not come back' USING ERRCODE = 'check_violation',
      CONSTRAINT = 'a_removal_only_rises', TABLE = 'vehicles_exactremoval';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER removal_rises BEFORE UPDATE ON vehicles_exactremoval
  FOR EACH ROW EXECUTE FUNCTION vehicles_removal_rises();
"""
UNDO_GUARDS = """
DROP TRIGGER removal_rises ON vehicles_exactremoval;
DROP FUNCTION vehicles_removal_rises();
DROP TRIGGER zone_is_its_owners ON vehicles_privacyzone;
DROP FUNCTION vehicles_zone_is_its_owners();
"""

# The application may delete messages and not change them, and a closed partition refuses every row. So taking some
# signals out of messages runs as the tables' owner, and opens a closed partition for itself, in one transaction.
FORGET = """
CREATE FUNCTION forget_signals(vehicles int4[], sources int4[], signals int2[], since timestamptz, until timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '10s'
AS $$
DECLARE
  name text;
  closed boolean;
  found boolean;
  changed bigint;
  total bigint := 0;
  which text := 'm.vehicle_id = ANY($1) AND m.ts >= $4 AND m.ts < $5 AND m.sig && $3'
    ' AND (cardinality($2) = 0 OR m.source_id = ANY($2))';
BEGIN
  FOR name IN
    SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'public.message'::regclass
        AND c.relname::text BETWEEN 'message_' || to_char(since AT TIME ZONE 'UTC', 'YYYYMMDD')
          AND 'message_' || to_char(until AT TIME ZONE 'UTC', 'YYYYMMDD')
    UNION ALL SELECT 'late_message' ORDER BY 1
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I m WHERE %s)', name, which)
      INTO found USING vehicles, sources, signals, since, until;
    CONTINUE WHEN NOT found;
    EXECUTE format('DELETE FROM public.%I m WHERE %s AND m.sig <@ $3', name, which)
      USING vehicles, sources, signals, since, until;
    GET DIAGNOSTICS changed = ROW_COUNT;
    total := total + changed;
    closed := EXISTS (SELECT FROM pg_constraint
      WHERE conname = 'closed' AND conrelid = to_regclass('public.' || quote_ident(name)));
    IF closed THEN
      EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT closed', name);
    END IF;
    EXECUTE format('UPDATE public.%I m SET (sig, val, flag) = (
        SELECT array_agg(s.sig ORDER BY s.at), array_agg(s.val ORDER BY s.at),
          CASE WHEN cardinality(m.flag) = 0 THEN m.flag ELSE array_agg(s.flag ORDER BY s.at) END
        FROM unnest(m.sig, m.val, m.flag) WITH ORDINALITY s(sig, val, flag, at) WHERE s.sig <> ALL ($3)
      ) WHERE %s', name, which) USING vehicles, sources, signals, since, until;
    GET DIAGNOSTICS changed = ROW_COUNT;
    total := total + changed;
    IF closed THEN
      EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT closed CHECK (false) NOT VALID', name);
    END IF;
  END LOOP;
  RETURN total;
END $$;
REVOKE ALL ON FUNCTION forget_signals(int4[], int4[], int2[], timestamptz, timestamptz) FROM PUBLIC;
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
    GRANT EXECUTE ON FUNCTION forget_signals(int4[], int4[], int2[], timestamptz, timestamptz) TO dimo_app;
  END IF;
END $$;
"""
UNDO_FORGET = "DROP FUNCTION forget_signals(int4[], int4[], int2[], timestamptz, timestamptz)"


class Migration(migrations.Migration):
    dependencies = [
        ("dimo", "0002_audit_append_only"),
        ("vehicles", "0014_phones"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="lakeerasure",
            name="signal_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(), default=list, help_text="empty: all signals", size=None
            ),
        ),
        migrations.AddField(
            model_name="trip",
            name="points_removed_at",
            field=models.DateTimeField(help_text="its exact positions went, as its owner chose", null=True),
        ),
        migrations.CreateModel(
            name="ExactWish",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="exact_wish",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "days",
                    models.PositiveIntegerField(default=730, help_text="empty: as long as they own the car", null=True),
                ),
                ("next_days", models.PositiveIntegerField(null=True)),
                ("next_at", models.DateTimeField(help_text="from when on next_days counts", null=True)),
                ("chosen_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("days", None), ("days__gte", 30), _connector="OR"),
                        name="exact_positions_stay_30_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("next_at", None), ("next_days", None)),
                            models.Q(("next_at__isnull", False), ("next_days__gte", 30), ("next_days__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_shorter_time_says_from_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("next_days", None), ("days", None), ("next_days__lt", models.F("days")), _connector="OR"
                        ),
                        name="only_a_shorter_time_waits",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExactRemoval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner_epoch", models.PositiveIntegerField()),
                ("until", models.DateTimeField()),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="exact_removals", to="vehicles.source"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("source", "owner_epoch"), name="one_removal_per_source_and_owner")
                ],
            },
        ),
        migrations.CreateModel(
            name="PrivacyZone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("label", models.CharField(help_text="nobody but the owner reads it", max_length=40)),
                (
                    "radius_m",
                    models.PositiveSmallIntegerField(
                        choices=[(300, "300 m"), (500, "500 m"), (1000, "1 km"), (2000, "2 km")]
                    ),
                ),
                ("lat", models.FloatField(help_text="of the shifted center")),
                ("lon", models.FloatField(help_text="of the shifted center")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="privacy_zones",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        blank=True,
                        help_text="empty: all of them",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="privacy_zones",
                        to="vehicles.vehicle",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["owner"], name="zone_by_owner")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("lat__gte", -90), ("lat__lte", 90), ("lon__gte", -180), ("lon__lt", 180)),
                        name="a_zone_lies_on_earth",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("radius_m__in", [300, 500, 1000, 2000])), name="a_zone_has_a_known_radius"
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, UNDO_GUARDS),
        migrations.RunSQL(FORGET, UNDO_FORGET),
    ]
