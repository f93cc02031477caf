-- How many of these runs there are.
SELECT count(*) FROM runs WHERE run_id IN (VALUES
(?)
)
