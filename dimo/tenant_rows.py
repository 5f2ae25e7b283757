"""The database's side of row-level security: which rows of a tenant's table a scope (`dimo.tenancy`) shows.

For migrations. A policy is forced on the owner too; only a superuser and foreign keys' own checks look past it.
"""

EVERYTHING = "(SELECT current_setting('commons.everything', true) = 'on')"
UNIONS = "((SELECT nullif(current_setting('commons.unions', true), '')))::uuid[]"
PERSON = "(SELECT nullif(current_setting('commons.person', true), '')::bigint)"

SEATED = (
    f"SELECT s.union_id FROM unions_seat s WHERE s.user_id = {PERSON}"  # noqa: S608 - constants alone
    " AND (s.until IS NULL OR s.until > now())"
)
IN_ITS_NAME = f"union_id = ANY ({UNIONS})"
OF_UNION = f"{IN_ITS_NAME} OR union_id IN ({SEATED})"  # in its name, or to whoever has a seat in it


def of_person(column: str) -> str:
    """Rows whose person, by this column, is the one at work."""
    return f"{column} = {PERSON}"


def private(table: str, *seen: str) -> tuple[str, str]:
    """SQL, and what takes it back: rows are there where one of these conditions holds, and for the platform."""
    condition = " OR ".join([EVERYTHING, *seen])
    return _secured(table, f"CREATE POLICY of_its_tenant ON {table} USING ({condition}) WITH CHECK ({condition});")


def published(table: str, *written: str) -> tuple[str, str]:
    """SQL, and what takes it back: everybody reads, who meets one of these conditions writes, and the platform."""
    condition = " OR ".join([EVERYTHING, *written])
    return _secured(
        table,
        f"CREATE POLICY read_by_all ON {table} FOR SELECT USING (true);"
        f"CREATE POLICY of_its_tenant ON {table} USING ({condition}) WITH CHECK ({condition});",
    )


def _secured(table: str, policies: str) -> tuple[str, str]:
    forward = f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;{policies}"
    backward = (
        f"DROP POLICY of_its_tenant ON {table}; DROP POLICY IF EXISTS read_by_all ON {table};"
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;"
    )
    return forward, backward
