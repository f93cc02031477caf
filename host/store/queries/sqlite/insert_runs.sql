INSERT INTO runs (run_id, namespace, workflow_id, shard, workflow_type, module, start_time, request_id, status,
                  close_time, wake_at, blocked_since, blocked_reason, memo, search_attributes)
VALUES
(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
