-- The open run of a workflow id, or else its newest.
--
-- Rows are compared where single columns would do, because then there is no other index that fits: while the tables
-- are empty, to Postgres one that only begins with the namespace is as good.
SELECT run_id, namespace, workflow_id, workflow_type, module, status::BIGINT, start_time, close_time, wake_at,
       blocked_since, blocked_reason, request_id, memo, search_attributes::TEXT
FROM (
    SELECT * FROM (
        SELECT 0 AS place, runs.* FROM runs
        WHERE (workflow_id, namespace) >= ($2, $1) AND (workflow_id, namespace) <= ($2, $1) AND status = 0
        LIMIT 1
    ) AS open
    UNION ALL
    SELECT * FROM (
        SELECT 1 AS place, runs.* FROM runs
        WHERE (workflow_id, namespace) >= ($2, $1) AND (workflow_id, namespace) <= ($2, $1)
        ORDER BY workflow_id DESC, namespace DESC, start_time DESC, run_id DESC LIMIT 1
    ) AS newest
) AS either
ORDER BY place LIMIT 1
