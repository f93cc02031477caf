DELETE FROM activities WHERE (run_id, operation) IN (VALUES
(?, ?)
)
