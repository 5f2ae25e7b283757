"""What was written down about an act stays: no change, no deletion, no emptying, not even by the table's owner."""

from django.db import migrations

# TRUNCATE is named because it fires no DELETE trigger. Triggers do not bind an owner who drops them: hence the grants.
APPEND_ONLY = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is append-only: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'the_audit_trail_is_append_only', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dimo_auditevent
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON dimo_auditevent FROM dimo_app;
"""
DROP = """
GRANT UPDATE, DELETE ON dimo_auditevent TO dimo_app;
DROP TRIGGER audit_append_only ON dimo_auditevent;
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("dimo", "0001_initial")]
    operations = [migrations.RunSQL(APPEND_ONLY, DROP)]
