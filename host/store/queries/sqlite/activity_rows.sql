SELECT operation, attempt, due, last_failure
FROM activities
WHERE run_id = $1
ORDER BY operation
