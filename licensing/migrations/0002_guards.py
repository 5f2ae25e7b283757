"""What licensing's tables refuse, whoever asks: rows that mix unions, a license that goes backwards, changed evidence."""

from django.db import migrations, models

TENANCY = """
ALTER TABLE licensing_quote ADD CONSTRAINT quote_and_offer_of_one_union
  FOREIGN KEY (offer_id, union_id) REFERENCES licensing_offer (id, union_id);
ALTER TABLE licensing_quote ADD CONSTRAINT quote_and_terms_of_one_union
  FOREIGN KEY (terms_id, union_id) REFERENCES unions_terms (id, union_id);
ALTER TABLE licensing_quote ADD CONSTRAINT quote_and_policy_of_one_union
  FOREIGN KEY (policy_id, union_id) REFERENCES unions_policyversion (id, union_id);
ALTER TABLE licensing_license ADD CONSTRAINT license_and_quote_of_one_buyer
  FOREIGN KEY (quote_id, union_id, organization_id) REFERENCES licensing_quote (id, union_id, organization_id);
ALTER TABLE licensing_contribution ADD CONSTRAINT contribution_and_license_of_one_union
  FOREIGN KEY (license_id, union_id) REFERENCES licensing_license (id, union_id);
ALTER TABLE licensing_contribution ADD CONSTRAINT contribution_and_membership_of_one_union
  FOREIGN KEY (membership_id, union_id) REFERENCES unions_membership (id, union_id);
"""
DROP_TENANCY = """
ALTER TABLE licensing_contribution DROP CONSTRAINT contribution_and_membership_of_one_union;
ALTER TABLE licensing_contribution DROP CONSTRAINT contribution_and_license_of_one_union;
ALTER TABLE licensing_license DROP CONSTRAINT license_and_quote_of_one_buyer;
ALTER TABLE licensing_quote DROP CONSTRAINT quote_and_policy_of_one_union;
ALTER TABLE licensing_quote DROP CONSTRAINT quote_and_terms_of_one_union;
ALTER TABLE licensing_quote DROP CONSTRAINT quote_and_offer_of_one_union;
"""

# The same edges as licensing/licenses.py names. What was agreed (price, buyer, quote) never changes.
STATES = """
CREATE FUNCTION licensing_license_moves_forward() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'funded' THEN
      RAISE EXCEPTION 'a license begins funded, not %', NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'a_license_moves_forward', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.number, NEW.quote_id, NEW.union_id, NEW.organization_id, NEW.asset, NEW.price, NEW.bought_by_id, NEW.bought_at)
     IS DISTINCT FROM
     (OLD.id, OLD.number, OLD.quote_id, OLD.union_id, OLD.organization_id, OLD.asset, OLD.price, OLD.bought_by_id, OLD.bought_at)
  THEN
    RAISE EXCEPTION 'what license % was bought for does not change', OLD.number
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_bargain_does_not_change', TABLE = TG_TABLE_NAME;
  END IF;
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
       ('funded', 'building'), ('funded', 'refunded'), ('building', 'delivered'), ('building', 'refunded'),
       ('delivered', 'settled')) THEN
    RAISE EXCEPTION 'license % cannot go from % to %', OLD.number, OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'a_license_moves_forward', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER licensing_license_moves_forward BEFORE INSERT OR UPDATE ON licensing_license
  FOR EACH ROW EXECUTE FUNCTION licensing_license_moves_forward();
"""
DROP_STATES = """
DROP TRIGGER licensing_license_moves_forward ON licensing_license;
DROP FUNCTION licensing_license_moves_forward();
"""

APPEND_ONLY = """
CREATE FUNCTION licensing_refuse_change() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'delivered evidence is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'evidence_is_append_only', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER licensing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing_contribution
  FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
CREATE TRIGGER licensing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing_dataset
  FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
CREATE TRIGGER licensing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON licensing_quote
  FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
CREATE TRIGGER licensing_append_only BEFORE DELETE OR TRUNCATE ON licensing_license
  FOR EACH STATEMENT EXECUTE FUNCTION licensing_refuse_change();
"""
DROP_APPEND_ONLY = """
DROP TRIGGER licensing_append_only ON licensing_license;
DROP TRIGGER licensing_append_only ON licensing_quote;
DROP TRIGGER licensing_append_only ON licensing_dataset;
DROP TRIGGER licensing_append_only ON licensing_contribution;
DROP FUNCTION licensing_refuse_change();
"""

# `FOR UPDATE` on a quote needs the UPDATE privilege, so its trigger alone refuses changes there.
# Where the runtime's role is missing (another name in production), the operator grants (docs/operating.md).
GRANTS = """
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
    REVOKE UPDATE, DELETE, TRUNCATE ON licensing_contribution, licensing_dataset FROM dimo_app;
    REVOKE DELETE, TRUNCATE ON licensing_license, licensing_quote FROM dimo_app;
  END IF;
END $$;
"""
UNDO_GRANTS = """
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dimo_app') THEN
    GRANT UPDATE, DELETE ON licensing_contribution, licensing_dataset TO dimo_app;
    GRANT DELETE ON licensing_license, licensing_quote TO dimo_app;
  END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("licensing", "0001_initial"), ("unions", "0001_initial")]

    operations = [
        migrations.AddConstraint("offer", models.UniqueConstraint(fields=("id", "union"), name="offer_and_its_union")),
        migrations.AddConstraint(
            "quote", models.UniqueConstraint(fields=("id", "union", "organization"), name="quote_and_its_parties")
        ),
        migrations.RunSQL(TENANCY, DROP_TENANCY),
        migrations.RunSQL(STATES, DROP_STATES),
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
        migrations.RunSQL(GRANTS, UNDO_GRANTS),
    ]
