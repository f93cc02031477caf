SELECT namespace, digest, bytes, definition, uploaded_at
FROM modules
WHERE namespace = $1 AND digest = $2
