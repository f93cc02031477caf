-- Answers a row if the module is new.
INSERT INTO modules (namespace, digest, bytes, definition, uploaded_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING bytes
