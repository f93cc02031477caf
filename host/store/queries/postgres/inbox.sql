-- Messages that nobody has taken, after a place in the order of their keys.
SELECT sender, event, kind::BIGINT, namespace, workflow_id, run_id, data
FROM inbox
WHERE (sender, event, kind) > ($1, $2, $3)
ORDER BY sender, event, inbox.kind LIMIT $4
