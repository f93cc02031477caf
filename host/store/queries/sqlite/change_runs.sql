-- A closed run stays as it is.
UPDATE runs
SET status = new.column2, close_time = new.column3, wake_at = new.column4, blocked_since = new.column5,
    blocked_reason = new.column6
FROM (VALUES
(?, ?, ?, ?, ?, ?)
) AS new
WHERE run_id = new.column1 AND (status = 0 OR status = new.column2)
