-- One run, if it is of this namespace and workflow id.
SELECT run_id, namespace, workflow_id, workflow_type, module, status, start_time, close_time, wake_at,
       blocked_since, blocked_reason, request_id
FROM runs
WHERE run_id = $1 AND namespace = $2 AND workflow_id = $3
