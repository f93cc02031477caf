-- Answers the time of the database, or nothing if the fence is lost.
UPDATE hosts SET lease_until = CAST(unixepoch('subsec') * 1000000 AS INTEGER) + $3
WHERE host_id = $1 AND epoch = $2
RETURNING CAST(unixepoch('subsec') * 1000000 AS INTEGER)
