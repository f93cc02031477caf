INSERT INTO deployments (namespace, workflow_type, digest) VALUES ($1, $2, $3)
ON CONFLICT (namespace, workflow_type) DO UPDATE SET digest = excluded.digest
RETURNING digest
