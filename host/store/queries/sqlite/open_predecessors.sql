-- How many of these runs are open, each under the name of its successor.
SELECT count(*)
FROM (VALUES
(?, ?, ?)
) AS old CROSS JOIN runs
WHERE run_id = old.column1 AND namespace = old.column2 AND workflow_id = old.column3 AND status = 0
