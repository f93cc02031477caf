-- Parked runs of a namespace, the newest first, after a place in that order. There are few of them, in whatever
-- namespace.
SELECT run_id, namespace, workflow_id, workflow_type, module, status, start_time, close_time, wake_at,
       blocked_since, blocked_reason, request_id, memo, search_attributes
FROM runs
WHERE namespace || '' = $1 AND blocked_since IS NOT NULL AND (start_time, run_id) < ($2, $3)
  AND ($4 IS NULL OR status = $4) AND ($5 IS NULL OR workflow_type = $5)
ORDER BY start_time DESC, run_id DESC LIMIT $6
