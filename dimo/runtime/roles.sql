-- Run by a superuser in the platform's database, once; running it again changes nothing.
-- dimo_owner owns every table and is used by `manage.py migrate` alone. dimo_app is the application: it owns nothing,
-- cannot bypass row-level security, and migrations take from it the right to change append-only tables.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimo_owner') THEN
    CREATE ROLE dimo_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dimo_app') THEN
    CREATE ROLE dimo_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
  EXECUTE format('ALTER DATABASE %I OWNER TO dimo_owner', current_database());
END
$$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO dimo_owner;
GRANT USAGE ON SCHEMA public TO dimo_app;
ALTER DEFAULT PRIVILEGES FOR ROLE dimo_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO dimo_app;
ALTER DEFAULT PRIVILEGES FOR ROLE dimo_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO dimo_app;
ALTER DEFAULT PRIVILEGES FOR ROLE dimo_owner IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO dimo_app;
