-- Parked runs, of all namespaces; by their own index, which begins with the start.
SELECT count(*) FROM runs WHERE blocked_since IS NOT NULL AND start_time >= 0
