SELECT last_batch FROM hosts
WHERE host_id = $1 AND epoch = $2
