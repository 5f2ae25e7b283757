"""What settlements refuse, whoever asks: shares that the delivered evidence does not bear out, and any later change."""

from django.db import migrations

TENANCY = """
ALTER TABLE rewards_settlement ADD CONSTRAINT settlement_and_license_of_one_union
  FOREIGN KEY (license_id, union_id) REFERENCES licensing_license (id, union_id);
"""
DROP_TENANCY = "ALTER TABLE rewards_settlement DROP CONSTRAINT settlement_and_license_of_one_union;"

# Once per statement rather than a foreign key per row and column: each share is a contribution's, with its rows and
# weight; all of a settlement's shares come in one statement, and they sum to what it says the drivers get.
PROVE_SHARES = """
CREATE FUNCTION rewards_prove_shares() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE shares bigint; proven bigint;
BEGIN
  IF EXISTS (
      SELECT FROM (SELECT settlement_id, count(*) AS shares, sum(amount) AS amount FROM added GROUP BY settlement_id) a
      LEFT JOIN public.rewards_settlement s ON s.license_id = a.settlement_id
      WHERE s.contributors IS DISTINCT FROM a.shares OR s.drivers_amount IS DISTINCT FROM a.amount) THEN
    RAISE EXCEPTION 'shares are not all of their settlement''s, or sum to something else'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'shares_sum_to_their_settlement', TABLE = 'rewards_share';
  END IF;
  SELECT (SELECT count(*) FROM added), count(*) INTO shares, proven
    FROM added a JOIN public.licensing_contribution c
      ON c.license_id = a.settlement_id AND c.vehicle_id = a.vehicle_id
     AND c.member_id = a.member_id AND c.rows = a.rows AND c.weight = a.weight;
  IF shares <> proven THEN
    RAISE EXCEPTION 'a share differs from the contribution it pays for'
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'a_share_pays_a_contribution', TABLE = 'rewards_share';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER rewards_prove_shares AFTER INSERT ON rewards_share REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION rewards_prove_shares();
"""
DROP_PROVE_SHARES = """
DROP TRIGGER rewards_prove_shares ON rewards_share;
DROP FUNCTION rewards_prove_shares();
"""

# At commit: who is said to have contributed has a share.
HAS_SHARES = """
CREATE FUNCTION rewards_settlement_has_shares() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NEW.contributors > 0 AND NOT EXISTS (SELECT FROM public.rewards_share WHERE settlement_id = NEW.license_id) THEN
    RAISE EXCEPTION 'the settlement of license % has no shares', NEW.license_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'a_settlement_has_its_shares', TABLE = 'rewards_settlement';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER rewards_settlement_has_shares AFTER INSERT ON rewards_settlement
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION rewards_settlement_has_shares();
"""
DROP_HAS_SHARES = """
DROP TRIGGER rewards_settlement_has_shares ON rewards_settlement;
DROP FUNCTION rewards_settlement_has_shares();
"""

APPEND_ONLY = """
CREATE FUNCTION rewards_refuse_change() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'what was settled stays: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'settlements_are_append_only', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER rewards_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards_settlement
  FOR EACH STATEMENT EXECUTE FUNCTION rewards_refuse_change();
CREATE TRIGGER rewards_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards_share
  FOR EACH STATEMENT EXECUTE FUNCTION rewards_refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON rewards_settlement, rewards_share FROM dimo_app;
"""
DROP_APPEND_ONLY = """
GRANT UPDATE, DELETE ON rewards_settlement, rewards_share TO dimo_app;
DROP TRIGGER rewards_append_only ON rewards_share;
DROP TRIGGER rewards_append_only ON rewards_settlement;
DROP FUNCTION rewards_refuse_change();
"""


class Migration(migrations.Migration):
    # The license's union is referenced by a constraint that licensing's first migration makes.
    dependencies = [("rewards", "0001_initial"), ("licensing", "0001_initial")]
    operations = [
        migrations.RunSQL(TENANCY, DROP_TENANCY),
        migrations.RunSQL(PROVE_SHARES, DROP_PROVE_SHARES),
        migrations.RunSQL(HAS_SHARES, DROP_HAS_SHARES),
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
    ]
