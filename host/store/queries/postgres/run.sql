SELECT run_id, namespace, workflow_id, workflow_type, module, status::BIGINT, start_time, close_time, wake_at,
       blocked_since, blocked_reason, request_id, memo, search_attributes::TEXT
FROM runs
WHERE run_id = $1
