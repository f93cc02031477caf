-- Only one host migrates at a time; the number stands for nothing but this lock.
SELECT pg_advisory_xact_lock(4927364410537219);
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    BIGINT PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
