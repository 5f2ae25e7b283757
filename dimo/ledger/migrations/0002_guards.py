"""What the ledger refuses, whoever asks: unbalanced, partial or changed journals, overdrafts, forged balances."""

from django.db import migrations

# A journal is written whole by one statement, which stamps it, so that nothing can be added to it later.
# Stored balances and debited lazy ones are locked in the order of their ids, so that concurrent postings cannot
# deadlock; a debited lazy row is also changed, so that a snapshot older than another debit fails instead of passing.
POST_ENTRIES = """
CREATE FUNCTION ledger_post_entries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  journals bigint; legs bigint; unbalanced bigint; stamped bigint; known bigint;
  stored bigint[]; amounts numeric[]; debited bigint[];
BEGIN
  WITH per AS MATERIALIZED (
      SELECT journal_id, sum(amount) AS total, count(*) AS legs FROM added GROUP BY journal_id),
    stamps AS (
      UPDATE public.ledger_journal j SET legs = per.legs FROM per WHERE j.id = per.journal_id AND j.legs IS NULL
        RETURNING 1)
  SELECT count(*), sum(per.legs), count(*) FILTER (WHERE total <> 0), (SELECT count(*) FROM stamps)
    INTO journals, legs, unbalanced, stamped FROM per;
  IF unbalanced > 0 THEN
    RAISE EXCEPTION 'a journal does not sum to zero'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_sums_to_zero', TABLE = 'ledger_entry';
  END IF;
  IF stamped <> journals THEN
    RAISE EXCEPTION 'an entry names an unknown journal, or one that is already written'
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'journal_is_written_once', TABLE = 'ledger_entry';
  END IF;

  SELECT count(*),
         array_agg(a.account_id) FILTER (WHERE NOT b.lazy), array_agg(a.amount) FILTER (WHERE NOT b.lazy),
         array_agg(a.account_id) FILTER (WHERE a.amount < 0 AND b.lazy AND NOT b.allow_negative)
    INTO known, stored, amounts, debited
    FROM added a
    JOIN public.ledger_journal j ON j.id = a.journal_id
    JOIN public.ledger_balance b ON b.account_id = a.account_id AND b.asset = j.asset;
  IF known <> coalesce(legs, 0) THEN
    RAISE EXCEPTION 'an entry names an unknown account, or an account of another asset'
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_names_known_accounts', TABLE = 'ledger_entry';
  END IF;

  PERFORM 1 FROM unnest(stored || debited) AS t(id) JOIN public.ledger_balance b ON b.account_id = t.id
    ORDER BY b.account_id FOR NO KEY UPDATE OF b;
  UPDATE public.ledger_balance b SET amount = b.amount + s.amount, version = b.version + 1
    FROM (SELECT id, sum(amount) AS amount FROM unnest(stored, amounts) AS t(id, amount) GROUP BY id) s
    WHERE b.account_id = s.id;
  IF debited IS NOT NULL THEN
    UPDATE public.ledger_balance b SET version = b.version + 1
      FROM (SELECT DISTINCT unnest(debited) AS id) d WHERE b.account_id = d.id;
    IF EXISTS (SELECT FROM unnest(debited) AS t(id)
               WHERE (SELECT sum(e.amount) FROM public.ledger_entry e WHERE e.account_id = t.id) < 0) THEN
      RAISE EXCEPTION 'an account holds less than its entries take'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'balance_is_not_negative', TABLE = 'ledger_balance';
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_post_entries AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_post_entries();
"""
DROP_POST_ENTRIES = """
DROP TRIGGER ledger_post_entries ON ledger_entry;
DROP FUNCTION ledger_post_entries();
"""

# An account's balance row comes into being with it, at zero; the application cannot write one itself.
OPEN_BALANCES = """
CREATE FUNCTION ledger_open_balances() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  INSERT INTO public.ledger_balance (account_id, asset, lazy, allow_negative, amount, version)
    SELECT id, asset, lazy, allow_negative, 0, 0 FROM added ORDER BY id;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_open_balances AFTER INSERT ON ledger_account REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_open_balances();
"""
DROP_OPEN_BALANCES = """
DROP TRIGGER ledger_open_balances ON ledger_account;
DROP FUNCTION ledger_open_balances();
"""

# Checked at commit, since a journal's row comes before its entries.
JOURNAL_HAS_ENTRIES = """
CREATE FUNCTION ledger_journal_has_entries() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.ledger_entry WHERE journal_id = NEW.id) THEN
    RAISE EXCEPTION 'journal % has no entries', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_has_entries', TABLE = 'ledger_journal';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_journal_has_entries AFTER INSERT ON ledger_journal
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_journal_has_entries();
"""
DROP_JOURNAL_HAS_ENTRIES = """
DROP TRIGGER ledger_journal_has_entries ON ledger_journal;
DROP FUNCTION ledger_journal_has_entries();
"""

# TRUNCATE is named because it fires no DELETE trigger. Triggers do not bind an owner who drops them: hence the grants.
APPEND_ONLY = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'the_ledger_is_append_only', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_append_only BEFORE DELETE OR TRUNCATE ON ledger_journal
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_triggers_only BEFORE UPDATE ON ledger_journal
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_triggers_only BEFORE INSERT OR UPDATE ON ledger_balance
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_append_only BEFORE DELETE OR TRUNCATE ON ledger_balance
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entry, ledger_account FROM dimo_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_journal FROM dimo_app;
GRANT INSERT (union_id, kind, asset, key, body_sha256, reverses_id) ON ledger_journal TO dimo_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_balance FROM dimo_app;
-- Room for updates that touch no index (HOT).
ALTER TABLE ledger_balance SET (fillfactor = 50);
"""
DROP_APPEND_ONLY = """
ALTER TABLE ledger_balance RESET (fillfactor);
GRANT INSERT, UPDATE, DELETE ON ledger_balance TO dimo_app;
REVOKE INSERT (union_id, kind, asset, key, body_sha256, reverses_id) ON ledger_journal FROM dimo_app;
GRANT INSERT, UPDATE, DELETE ON ledger_journal TO dimo_app;
GRANT UPDATE, DELETE ON ledger_entry, ledger_account TO dimo_app;
DROP TRIGGER ledger_append_only ON ledger_balance;
DROP TRIGGER ledger_triggers_only ON ledger_balance;
DROP TRIGGER ledger_append_only ON ledger_account;
DROP TRIGGER ledger_triggers_only ON ledger_journal;
DROP TRIGGER ledger_append_only ON ledger_journal;
DROP TRIGGER ledger_append_only ON ledger_entry;
DROP FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(OPEN_BALANCES, DROP_OPEN_BALANCES),
        migrations.RunSQL(POST_ENTRIES, DROP_POST_ENTRIES),
        migrations.RunSQL(JOURNAL_HAS_ENTRIES, DROP_JOURNAL_HAS_ENTRIES),
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
    ]
