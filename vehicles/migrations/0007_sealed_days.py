"""Sealed days: which store serves a day, messages that came late for one, and five-minute roll-ups of sealed days."""

import django.contrib.postgres.fields
from django.db import migrations, models

TABLES = """
CREATE TABLE late_message (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ts timestamptz NOT NULL,
    vehicle_id int4 NOT NULL,
    source_id int4 NOT NULL,
    sig int2[] NOT NULL,
    val float8[] NOT NULL,
    flag int2[] NOT NULL DEFAULT '{}'
);
CREATE INDEX late_message_by_vehicle ON late_message (vehicle_id, ts);
CREATE INDEX late_message_by_day ON late_message (ts);
COMMENT ON TABLE late_message IS 'Messages of days that are closed to ingest, until the next pass of the sealer.';

CREATE TABLE rollup_5m (
    vehicle_id int4 NOT NULL,
    signal_id int2 NOT NULL,
    bucket timestamptz NOT NULL,
    n int4 NOT NULL,
    sum float8 NOT NULL,
    min float8 NOT NULL,
    max float8 NOT NULL,
    first float8 NOT NULL,
    last float8 NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (vehicle_id, signal_id, bucket)
);
CREATE INDEX rollup_5m_by_day ON rollup_5m USING brin (bucket);
COMMENT ON TABLE rollup_5m IS 'Charted signals of sealed days; a message in late_message is not in it yet.';
"""

# Between its closing and its end a partition refuses rows by itself, whatever a writer believes to know of the day.
# The application owns no table, so both run as the tables' owner, and both look at sealed_day again.
PARTITIONS = """
CREATE FUNCTION close_message_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    name text := 'message_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF NOT EXISTS (SELECT FROM public.sealed_day s(closed_day) WHERE closed_day = day) THEN
        RAISE EXCEPTION 'the day % is open', day USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass('public.' || name) IS NULL
        OR EXISTS (SELECT FROM pg_constraint WHERE conname = 'closed' AND conrelid = to_regclass('public.' || name))
    THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT closed CHECK (false) NOT VALID', name);
END $$;

CREATE FUNCTION drop_message_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
    name text := 'message_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF NOT EXISTS (SELECT FROM public.sealed_day s(closed_day) WHERE closed_day = day AND state = 'sealed') THEN
        RAISE EXCEPTION 'the day % is not sealed', day USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass('public.' || name) IS NOT NULL THEN
        EXECUTE format('DROP TABLE public.%I', name);
    END IF;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;  -- somebody reads; nobody should wait behind us
END $$;

CREATE OR REPLACE FUNCTION ensure_message_partitions(days date[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    day date;
    name text;
    made int := 0;
BEGIN
    FOR day IN SELECT DISTINCT d FROM unnest(days) d ORDER BY d LOOP
        IF day < date '2000-01-01' OR day > current_date + 60 THEN
            RAISE EXCEPTION 'no partition for %: outside 2000-01-01 and 60 days from now', day
                USING ERRCODE = 'check_violation';
        END IF;
        name := 'message_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
        -- A sealed day lies in the lake; an empty partition would only invite rows that nobody seals.
        CONTINUE WHEN EXISTS (SELECT FROM public.sealed_day s(closed_day) WHERE closed_day = day);
        PERFORM pg_advisory_xact_lock(hashtext('ensure_message_partitions'), (day - date '2000-01-01'));
        CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
        EXECUTE format('CREATE TABLE public.%I (LIKE public.message INCLUDING DEFAULTS)', name);
        EXECUTE format('ALTER TABLE public.%I ALTER sig SET STORAGE MAIN, ALTER val SET STORAGE MAIN', name);
        EXECUTE format('CREATE INDEX ON public.%I (vehicle_id, ts)', name);
        -- Attached rather than created in place: others may go on writing meanwhile.
        EXECUTE format('ALTER TABLE public.message ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', name,
            day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION close_message_partition(date), drop_message_partition(date) FROM PUBLIC;
"""

GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON sealed_day, rollup_5m, lake_erasure TO dimo_app;
        GRANT SELECT, INSERT, DELETE ON late_message TO dimo_app;
        REVOKE UPDATE ON late_message FROM dimo_app;
        GRANT EXECUTE ON FUNCTION close_message_partition(date), drop_message_partition(date) TO dimo_app;
    END IF;
END $$;
"""

# What creates partitions without looking at sealed days, as it was before them.
UNDO = """
DROP FUNCTION close_message_partition(date);
DROP FUNCTION drop_message_partition(date);
DROP TABLE rollup_5m, late_message;
"""


def without_sealed_days(statement: str) -> str:
    """The function that creates partitions, as it was before days were sealed."""
    start = statement.index("CREATE OR REPLACE FUNCTION ensure_message_partitions")
    text = statement[start : statement.index("REVOKE ALL ON FUNCTION close_message_partition")]
    return "\n".join(line for line in text.splitlines() if "sealed_day" not in line and "A sealed day" not in line)


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0006_kinds_and_events")]

    operations = [
        migrations.CreateModel(
            name="SealedDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sealing", "Being sealed"),
                            ("sealed", "Sealed"),
                            ("dropped", "Sealed, partition gone"),
                        ],
                        max_length=8,
                    ),
                ),
                ("attempt", models.UUIDField(help_text="who writes or wrote it; a commit of the lake names it")),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=0, help_text="the last recorded transaction seal:<day> of the lake"
                    ),
                ),
                (
                    "late_until",
                    models.BigIntegerField(
                        help_text="late messages up to this id are on their way to the lake", null=True
                    ),
                ),
                (
                    "delta_version",
                    models.PositiveBigIntegerField(
                        help_text="version of the table at which it was recorded", null=True
                    ),
                ),
                (
                    "files",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=300),
                        default=list,
                        help_text="paths below LAKE_URL/signals",
                        size=None,
                    ),
                ),
                (
                    "rows",
                    models.PositiveBigIntegerField(default=0, help_text="values, one signal at one moment each"),
                ),
                (
                    "checksum",
                    models.CharField(
                        blank=True, help_text="sum of the rows' hashes; see vehicles.store.table", max_length=16
                    ),
                ),
                ("sealed_at", models.DateTimeField(null=True)),
                ("dropped_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "sealed_day",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "sealing"),
                            models.Q(
                                ("delta_version__isnull", False), ("sealed_at__isnull", False), ("version__gt", 0)
                            ),
                            _connector="OR",
                        ),
                        name="a_sealed_day_is_recorded",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LakeErasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "vehicle_id",
                    models.IntegerField(help_text="no foreign key: an erasure may outlive the vehicle's row"),
                ),
                (
                    "source_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, help_text="empty: all sources", size=None
                    ),
                ),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={"db_table": "lake_erasure"},
        ),
        migrations.RunSQL(TABLES + PARTITIONS + GRANTS, without_sealed_days(PARTITIONS) + UNDO),
    ]
