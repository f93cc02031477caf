-- Parked runs, of all namespaces.
SELECT count(*) FROM runs WHERE blocked_since IS NOT NULL
