-- Whoever held the shards before can store nothing from here on. $1 host, $2 address, $3 epoch, $4 now, $5 lease,
-- $6 how long to keep hosts that are gone.
UPDATE hosts SET epoch = $3, lease_until = 0 WHERE host_id <> $1 AND lease_until <> 0;
DELETE FROM hosts WHERE lease_until = 0 AND claimed_at < $4 - $6;
INSERT INTO hosts (host_id, address, epoch, lease_until, claimed_at) VALUES ($1, $2, $3, $4 + $5, $4)
ON CONFLICT (host_id) DO UPDATE
SET address = excluded.address, epoch = excluded.epoch, lease_until = excluded.lease_until, last_batch = 0,
    left_out = '', claimed_at = excluded.claimed_at;
UPDATE shards SET host_id = $1, epoch = $3;
