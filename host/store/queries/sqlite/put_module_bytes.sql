INSERT INTO module_bytes (digest, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING
