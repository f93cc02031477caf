INSERT INTO inbox (sender, event, kind, shard, namespace, workflow_id, run_id, data)
VALUES
(?, ?, ?, ?, ?, ?, ?, ?)
