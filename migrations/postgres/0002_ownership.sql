-- The time of the database, by which leases end. Not that of the transaction: a claim may have waited for a lock.
CREATE FUNCTION dalsegno_now() RETURNS BIGINT
LANGUAGE sql VOLATILE AS $$
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT
$$;

-- Takes all shards for a host, unless another holds a lease on them. Whoever held them before can store nothing from
-- then on: its epoch is raised, after the commit that it may have under way, because that one holds the row's lock.
-- Answers the new epoch, or the holder; and the time.
CREATE FUNCTION dalsegno_claim(
    claimer TEXT, claimer_address TEXT, lease BIGINT, forgotten_after BIGINT,
    OUT granted BIGINT, OUT holder TEXT, OUT held_until BIGINT, OUT now BIGINT
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM cluster FOR UPDATE;
    now := dalsegno_now();

    SELECT h.address, h.lease_until INTO holder, held_until
    FROM hosts h
    WHERE h.lease_until > now AND h.host_id <> claimer AND h.address <> claimer_address
    LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;

    UPDATE cluster SET epoch = epoch + 1 RETURNING epoch INTO granted;
    UPDATE hosts SET epoch = granted, lease_until = 0 WHERE host_id <> claimer AND lease_until <> 0;
    DELETE FROM hosts WHERE lease_until = 0 AND claimed_at < now - forgotten_after;
    INSERT INTO hosts (host_id, address, epoch, lease_until, claimed_at)
    VALUES (claimer, claimer_address, granted, now + lease, now)
    ON CONFLICT (host_id) DO UPDATE
    SET address = excluded.address, epoch = excluded.epoch, lease_until = excluded.lease_until,
        last_batch = 0, left_out = '', committer = 0, claimed_at = excluded.claimed_at;
    UPDATE shards SET host_id = claimer, epoch = granted;
END
$$;

-- Gives all shards up; does nothing if they are another's already. The epoch is raised, so that nothing is stored by
-- whoever gave up the right to.
CREATE FUNCTION dalsegno_release(releaser TEXT, fence BIGINT) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM cluster FOR UPDATE;
    PERFORM FROM hosts WHERE host_id = releaser AND epoch = fence FOR UPDATE;
    IF FOUND THEN
        UPDATE cluster SET epoch = epoch + 1;
        UPDATE hosts SET epoch = (SELECT epoch FROM cluster), lease_until = 0 WHERE host_id = releaser;
        UPDATE shards SET host_id = NULL WHERE host_id = releaser;
    END IF;
END
$$;
