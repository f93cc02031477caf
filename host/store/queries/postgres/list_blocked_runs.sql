-- Parked runs of a namespace, the newest first, after a place in that order. There are few of them, in whatever
-- namespace. The comparison with an expression keeps Postgres from the index that begins with the namespace.
SELECT run_id, namespace, workflow_id, workflow_type, module, status::BIGINT, start_time, close_time, wake_at,
       blocked_since, blocked_reason, request_id, memo, search_attributes::TEXT
FROM runs
WHERE namespace || '' = $1 AND blocked_since IS NOT NULL AND (start_time, run_id) < ($2, $3)
  AND ($4::BIGINT IS NULL OR status = $4) AND ($5::TEXT IS NULL OR workflow_type = $5)
ORDER BY start_time DESC, run_id DESC LIMIT $6
