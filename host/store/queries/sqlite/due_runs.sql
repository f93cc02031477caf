-- Open runs to look at until a time, after a place in that order.
SELECT run_id, namespace, workflow_id, workflow_type, module, status, start_time, close_time, wake_at,
       blocked_since, blocked_reason, request_id, memo, search_attributes
FROM runs
WHERE status = 0 AND wake_at <= $1 AND (wake_at, run_id) > ($2, $3)
ORDER BY wake_at, run_id LIMIT $4
