-- Begins the transaction of a batch. Answers a row, or the fence is lost, or the batch does not follow the last one.
BEGIN IMMEDIATE;
UPDATE hosts SET last_batch = $3, left_out = '' WHERE host_id = $1 AND epoch = $2 AND last_batch = $3 - 1
RETURNING last_batch;
