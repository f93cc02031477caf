-- The first outcome of an update stays.
INSERT INTO updates (namespace, workflow_id, update_id, run_id, data)
VALUES
(?, ?, ?, ?, ?)
ON CONFLICT (namespace, workflow_id, update_id) DO NOTHING
