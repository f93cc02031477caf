-- Runs of a workflow id, the newest first, after a place in that order. Rows are compared for the reason that stands
-- in newest_run.sql.
SELECT run_id, namespace, workflow_id, workflow_type, module, status::BIGINT, start_time, close_time, wake_at,
       blocked_since, blocked_reason, request_id, memo, search_attributes::TEXT
FROM runs
WHERE (workflow_id, namespace) >= ($7, $1)
  AND (workflow_id, namespace, start_time, run_id) < ($7, $1, $2, $3)
  AND ($4::BIGINT IS NULL OR status = $4) AND ($5::TEXT IS NULL OR workflow_type = $5)
  AND ($8::BIGINT = 0 OR blocked_since IS NOT NULL)
ORDER BY workflow_id DESC, namespace DESC, start_time DESC, run_id DESC LIMIT $6
