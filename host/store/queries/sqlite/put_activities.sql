INSERT INTO activities (run_id, operation, attempt, due, last_failure)
VALUES
(?, ?, ?, ?, ?)
ON CONFLICT (run_id, operation) DO UPDATE
SET attempt = excluded.attempt, due = excluded.due, last_failure = excluded.last_failure
