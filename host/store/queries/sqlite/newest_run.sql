-- The open run of a workflow id, or else its newest; each found by an index of its own.
SELECT run_id, namespace, workflow_id, workflow_type, module, status, start_time, close_time, wake_at,
       blocked_since, blocked_reason, request_id, memo, search_attributes
FROM (
    SELECT * FROM (
        SELECT 0 AS place, runs.* FROM runs WHERE namespace = $1 AND workflow_id = $2 AND status = 0
    ) AS open
    UNION ALL
    SELECT * FROM (
        SELECT 1 AS place, runs.* FROM runs WHERE namespace = $1 AND workflow_id = $2
        ORDER BY start_time DESC, run_id DESC LIMIT 1
    ) AS newest
) AS either
ORDER BY place LIMIT 1
