"""The last values of a vehicle as one value: read and written whole with each message, so arrays only cost."""

from django.db import migrations

FORWARD = """
DROP TABLE latest;
CREATE TABLE latest (vehicle_id int4 PRIMARY KEY, state bytea NOT NULL DEFAULT '') WITH (fillfactor = 50);
COMMENT ON TABLE latest IS 'MessagePack of vehicles.latest.State; derived from message, rebuilt by vehicles.latest.rebuild.';
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON latest TO dimo_app;
    END IF;
END $$;
"""
BACK = """
DROP TABLE latest;
CREATE TABLE latest (
    vehicle_id int4 PRIMARY KEY,
    sig int2[] NOT NULL DEFAULT '{}',
    ts timestamptz[] NOT NULL DEFAULT '{}',
    val float8[] NOT NULL DEFAULT '{}',
    source_id int4[] NOT NULL DEFAULT '{}',
    flag int2[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
"""


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0003_telemetry")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
