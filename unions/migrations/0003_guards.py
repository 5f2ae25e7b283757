"""What the database refuses, whoever asks: a changed version or consent event, and rows that mix unions or vehicles."""

from django.db import migrations

TABLES = ("unions_policyversion", "unions_terms", "unions_consentevent")

APPEND_ONLY = """
CREATE FUNCTION unions_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION unions_refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM dimo_app;
"""
    for table in TABLES
)
CHANGEABLE = (
    "".join(
        f"DROP TRIGGER {table}_is_append_only ON {table}; GRANT UPDATE, DELETE ON {table} TO dimo_app;\n"
        for table in TABLES
    )
    + "DROP FUNCTION unions_refuse_change();"
)

# Direct keys name each row; the composite ones refuse a row whose parts belong to different unions, vehicles or members.
SAME_UNION = """
ALTER TABLE unions_consentevent
  ADD CONSTRAINT event_is_of_its_membership FOREIGN KEY (membership_id, union_id, vehicle_id, member_id)
    REFERENCES unions_membership (id, union_id, vehicle_id, member_id) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT event_is_under_its_unions_policy FOREIGN KEY (policy_id, union_id)
    REFERENCES unions_policyversion (id, union_id) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT event_ends_one_of_its_membership FOREIGN KEY (ends_id, membership_id)
    REFERENCES unions_consentevent (seq, membership_id) DEFERRABLE INITIALLY DEFERRED;
"""
MIXED_UNIONS = """
ALTER TABLE unions_consentevent
  DROP CONSTRAINT event_is_of_its_membership,
  DROP CONSTRAINT event_is_under_its_unions_policy,
  DROP CONSTRAINT event_ends_one_of_its_membership;
"""

# The set-based reader asks for one union's grants and denials; endings are found through the unique index on `ends`.
READING = """
CREATE INDEX consent_words_by_union ON unions_consentevent (union_id, membership_id) WHERE kind IN ('grant', 'deny');
"""


class Migration(migrations.Migration):
    dependencies = [("unions", "0002_consent_precision_and_revisions")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, CHANGEABLE),
        migrations.RunSQL(SAME_UNION, MIXED_UNIONS),
        migrations.RunSQL(READING, "DROP INDEX consent_words_by_union;"),
    ]
