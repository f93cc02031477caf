-- Only if there is none; the update that changes nothing makes the current one the answer.
INSERT INTO deployments (namespace, workflow_type, digest) VALUES ($1, $2, $3)
ON CONFLICT (namespace, workflow_type) DO UPDATE SET digest = deployments.digest
RETURNING digest
