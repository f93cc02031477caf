SELECT last_batch, left_out FROM hosts
WHERE host_id = $1 AND epoch = $2
