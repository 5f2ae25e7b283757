"""Five-minute roll-ups as a row per vehicle, signal and day: a twelfth of the rows that sealing a day writes."""

from django.db import migrations

# The day stands first in the key, so that a sealed day is added at its end, however many days there are.
# Extremes, first and last values are gone: nothing reads them, and sealed days tell them anew.
BY_DAY = """
ALTER TABLE rollup_5m RENAME TO rollup_5m_before;
ALTER INDEX rollup_5m_pkey RENAME TO rollup_5m_before_pkey;
CREATE TABLE rollup_5m (
    day date NOT NULL,
    vehicle_id int4 NOT NULL,
    signal_id int2 NOT NULL,
    slot int2[] NOT NULL,
    n int4[] NOT NULL,
    sum float8[] NOT NULL,
    PRIMARY KEY (day, vehicle_id, signal_id),
    CONSTRAINT entries_are_of_one_number CHECK (
        cardinality(slot) BETWEEN 1 AND 288 AND cardinality(n) = cardinality(slot) AND cardinality(sum) = cardinality(slot)
    ),
    CONSTRAINT slots_are_of_a_day CHECK (0 <= ALL (slot) AND 288 > ALL (slot))
);
COMMENT ON TABLE rollup_5m IS 'Charted signals of sealed days: slot 0 is the first five minutes of the UTC day, 287 the '
    'last; slots without a value are left out. A message in late_message is not in it yet.';
INSERT INTO rollup_5m
SELECT (bucket AT TIME ZONE 'UTC')::date, vehicle_id, signal_id,
    array_agg((extract(epoch FROM bucket)::int8 / 300 % 288)::int2 ORDER BY bucket),
    array_agg(n ORDER BY bucket), array_agg(sum ORDER BY bucket)
FROM rollup_5m_before GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
DROP TABLE rollup_5m_before;
"""

# What only sealed days tell, the mean stands for.
BY_BUCKET = """
ALTER TABLE rollup_5m RENAME TO rollup_5m_days;
ALTER INDEX rollup_5m_pkey RENAME TO rollup_5m_days_pkey;
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
INSERT INTO rollup_5m
SELECT vehicle_id, signal_id, at, e.n, e.sum, e.sum / e.n, e.sum / e.n, e.sum / e.n, e.sum / e.n, at, at
FROM rollup_5m_days d, unnest(d.slot, d.n, d.sum) e(slot, n, sum),
    LATERAL (SELECT d.day::timestamp AT TIME ZONE 'UTC' + e.slot * interval '5 minutes') AS t(at);
DROP TABLE rollup_5m_days;
"""

GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON rollup_5m TO dimo_app;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0019_charging_and_batteries")]

    operations = [migrations.RunSQL(BY_DAY + GRANTS, BY_BUCKET + GRANTS)]
