SELECT update_id, run_id, data
FROM updates
WHERE namespace = $1 AND workflow_id = $2 AND update_id = $3
