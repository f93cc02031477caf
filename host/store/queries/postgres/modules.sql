SELECT namespace, digest, bytes, definition, uploaded_at
FROM modules
WHERE namespace = $1
ORDER BY uploaded_at DESC, digest
