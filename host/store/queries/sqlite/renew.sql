-- Answers the time of the database that the lease counts from, or nothing if the fence is lost.
UPDATE hosts SET lease_until = CAST(unixepoch('subsec') * 1000000 AS INTEGER) + $3
WHERE host_id = $1 AND epoch = $2
RETURNING lease_until - $3
