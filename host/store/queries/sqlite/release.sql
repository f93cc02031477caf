-- $1 host, $2 its epoch. Does nothing if the fence is lost.
UPDATE cluster SET epoch = epoch + 1 WHERE EXISTS (SELECT 1 FROM hosts WHERE host_id = $1 AND epoch = $2);
UPDATE shards SET host_id = NULL WHERE host_id = $1 AND EXISTS (SELECT 1 FROM hosts WHERE host_id = $1 AND epoch = $2);
UPDATE hosts SET epoch = (SELECT epoch FROM cluster), lease_until = 0 WHERE host_id = $1 AND epoch = $2;
