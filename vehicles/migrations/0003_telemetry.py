"""The hot tier: messages by day, the ledger of events taken in, what charts read, and each vehicle's last values.

The application's role owns no table, so partitions are created by a function that runs as the tables' owner.
"""

from django.db import migrations

TABLES = """
CREATE TABLE message (
    ts timestamptz NOT NULL,
    vehicle_id int4 NOT NULL,
    source_id int4 NOT NULL,
    sig int2[] NOT NULL,
    val float8[] NOT NULL,
    flag int2[] NOT NULL DEFAULT '{}'
) PARTITION BY RANGE (ts);
COMMENT ON TABLE message IS 'One row per moment and source; sig and val of one length, flag empty or of that length.';

CREATE TABLE ingest_event (
    device_id int8 NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    body_sha256 bytea NOT NULL,
    vehicle_id int4 NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, source, id)
);
CREATE INDEX ingest_event_by_age ON ingest_event (received_at);

CREATE TABLE rollup_1m (
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
) WITH (fillfactor = 80);

CREATE TABLE latest (
    vehicle_id int4 PRIMARY KEY,
    sig int2[] NOT NULL DEFAULT '{}',
    ts timestamptz[] NOT NULL DEFAULT '{}',
    val float8[] NOT NULL DEFAULT '{}',
    source_id int4[] NOT NULL DEFAULT '{}',
    flag int2[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
"""

PARTITIONS = """
CREATE FUNCTION ensure_message_partitions(days date[]) RETURNS int
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

CREATE FUNCTION ensure_message_partitions(first date, last date) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT public.ensure_message_partitions(array_agg(d::date))
    FROM generate_series(first::timestamp, least(last, first + 400)::timestamp, interval '1 day') d
$$;
REVOKE ALL ON FUNCTION ensure_message_partitions(date[]), ensure_message_partitions(date, date) FROM PUBLIC;
SELECT ensure_message_partitions(current_date - 31, current_date + 7);
"""

# Where the runtime's role is missing (another name in production), the operator grants (docs/operating.md).
GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON message, ingest_event, rollup_1m, latest TO dimo_app;
        GRANT EXECUTE ON FUNCTION ensure_message_partitions(date[]), ensure_message_partitions(date, date) TO dimo_app;
        -- A reading is never changed, only added or erased.
        REVOKE UPDATE ON message, ingest_event FROM dimo_app;
    END IF;
END $$;
"""

UNDO = """
DROP FUNCTION ensure_message_partitions(date, date);
DROP FUNCTION ensure_message_partitions(date[]);
DROP TABLE latest, rollup_1m, ingest_event, message;
"""


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0002_grades_and_marks")]

    operations = [migrations.RunSQL(TABLES + PARTITIONS + GRANTS, UNDO)]
