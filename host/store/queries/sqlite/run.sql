SELECT run_id, namespace, workflow_id, workflow_type, module, status, start_time, close_time, wake_at,
       blocked_since, blocked_reason, request_id, memo, search_attributes
FROM runs
WHERE run_id = $1
