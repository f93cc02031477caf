-- Stores a batch in one round trip: the fence, then what closes, then what begins, then the histories, then the
-- attempts, then the messages. A run that closes makes room for a new one of the same workflow id in the same batch.
--
-- Each group of arrays is a table: item is the place in the batch of the item that a row belongs to; items that go on
-- stand before items that begin. No two items name the same message, or the same new run. An item that conflicts is
-- left out whole. Answers a digit for each item, 0: stored, 1: its workflow id has an open run, 2: it does not fit to
-- what is stored; or nothing if all are stored. The host's row tells the same.
--
-- Raises DS001 if the fence is lost, DS002 if the batch does not follow the last one or came on an old connection.
CREATE FUNCTION dalsegno_commit(
    host TEXT, fence BIGINT, committing BIGINT, batch BIGINT, items INTEGER,
    -- What is there already of the runs that go on; first is null for an item without history.
    before_item INTEGER[], before_run UUID[], before_first BIGINT[], before_activation BIGINT[],
    -- Changed runs.
    set_item INTEGER[], set_run UUID[], set_status SMALLINT[], set_close BIGINT[], set_wake BIGINT[],
    set_since BIGINT[], set_reason TEXT[],
    -- New runs.
    new_item INTEGER[], new_run UUID[], new_namespace TEXT[], new_id TEXT[], new_shard SMALLINT[], new_type TEXT[],
    new_module BYTEA[], new_start BIGINT[], new_request TEXT[], new_status SMALLINT[], new_close BIGINT[],
    new_wake BIGINT[], new_since BIGINT[], new_reason TEXT[],
    -- Of new runs too, each empty if all of it would be null: what they say of themselves; the run of the same item
    -- that they succeed, if that one goes on, and if it begins too.
    new_memo BYTEA[], new_search TEXT[], new_after UUID[], new_after_new UUID[],
    -- Transitions.
    row_item INTEGER[], row_run UUID[], row_first BIGINT[], row_events INTEGER[], row_activation BIGINT[],
    row_time BIGINT[], row_activated BOOLEAN[], row_data BYTEA[],
    -- Attempts, put and deleted.
    put_item INTEGER[], put_run UUID[], put_operation BIGINT[], put_attempt INTEGER[], put_due BIGINT[],
    put_failure BYTEA[],
    del_item INTEGER[], del_run UUID[], del_operation BIGINT[],
    -- What runs that go on say of themselves.
    say_item INTEGER[], say_run UUID[], say_memo BYTEA[], say_search TEXT[],
    -- Messages, taken and sent.
    take_item INTEGER[], take_sender UUID[], take_event BIGINT[], take_kind SMALLINT[],
    send_item INTEGER[], send_sender UUID[], send_event BIGINT[], send_kind SMALLINT[], send_shard SMALLINT[],
    send_namespace TEXT[], send_id TEXT[], send_run UUID[], send_data BYTEA[],
    -- Outcomes of updates.
    end_item INTEGER[], end_namespace TEXT[], end_id TEXT[], end_update TEXT[], end_run UUID[], end_data BYTEA[]
) RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
    -- Items left out.
    conflicting INTEGER[] := '{}';
    taken INTEGER[] := '{}';
    done UUID[];
    outcomes TEXT;
BEGIN
    UPDATE hosts SET last_batch = batch, left_out = ''
    WHERE host_id = host AND epoch = fence AND committer = committing AND last_batch = batch - 1;
    IF NOT FOUND THEN
        PERFORM FROM hosts WHERE host_id = host AND epoch = fence;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another host owns the shards' USING ERRCODE = 'DS001';
        END IF;
        RAISE EXCEPTION 'batch % does not follow the last one, or came late', batch USING ERRCODE = 'DS002';
    END IF;

    -- A history goes on where it ends, which for a row without events is where that row is; the first transition of
    -- a run, and changes without one, need the run.
    IF cardinality(before_item) > 0 THEN
        SELECT coalesce(array_agg(b.item), '{}') INTO conflicting
        FROM (
            SELECT t.item, t.first, coalesce(
                (SELECT CASE WHEN h.events = 0 AND t.activation <= h.activation THEN 0
                        ELSE h.first_event_id + h.events END
                 FROM history h WHERE h.run_id = t.run
                 ORDER BY h.first_event_id DESC, h.activation DESC LIMIT 1),
                (SELECT 1 FROM runs r WHERE r.run_id = t.run)) AS next
            FROM unnest(before_item, before_run, before_first, before_activation) AS t (item, run, first, activation)
        ) b
        WHERE b.next IS DISTINCT FROM coalesce(b.first, b.next, 1);
    END IF;

    -- A message is taken if it is there, and sent if it is not.
    IF cardinality(take_item) > 0 THEN
        SELECT conflicting || coalesce(array_agg(t.item), '{}') INTO conflicting
        FROM unnest(take_item, take_sender, take_event, take_kind) AS t (item, sender, event, kind)
        WHERE NOT EXISTS (
            SELECT FROM inbox i WHERE i.sender = t.sender AND i.event = t.event AND i.kind = t.kind);
    END IF;
    IF cardinality(send_item) > 0 THEN
        SELECT conflicting || coalesce(array_agg(t.item), '{}') INTO conflicting
        FROM unnest(send_item, send_sender, send_event, send_kind) AS t (item, sender, event, kind)
        WHERE EXISTS (
            SELECT FROM inbox i WHERE i.sender = t.sender AND i.event = t.event AND i.kind = t.kind);
    END IF;

    -- A closed run says nothing more of itself, and has no other successor.
    IF cardinality(say_item) > 0 THEN
        SELECT conflicting || coalesce(array_agg(t.item), '{}') INTO conflicting
        FROM unnest(say_item, say_run) AS t (item, run)
        WHERE NOT EXISTS (SELECT FROM runs r WHERE r.run_id = t.run AND r.status = 0);
    END IF;
    -- A predecessor that goes on has the workflow id, and its successor, among the first that begin, gets it. One that
    -- begins too has it not, so it may be taken, as for any new run. Not by EXISTS: within an expression, Postgres may
    -- answer that from a hash of all runs.
    IF cardinality(new_after) > 0 OR cardinality(new_after_new) > 0 THEN
        SELECT conflicting || coalesce(array_agg(t.item), '{}') INTO conflicting
        FROM unnest(new_item, new_run, new_namespace, new_id, new_after, new_after_new)
            AS t (item, run, namespace, id, after, after_new)
        WHERE t.after IS NOT NULL AND (
                SELECT r.status = 0 AND r.namespace = t.namespace AND r.workflow_id = t.id
                FROM runs r WHERE r.run_id = t.after) IS NOT TRUE
           OR (SELECT TRUE FROM runs r WHERE r.run_id = t.after_new)
           OR coalesce(t.after, t.after_new) IS NOT NULL AND (SELECT TRUE FROM runs r WHERE r.run_id = t.run);
    END IF;

    -- A closed run stays as it is.
    IF cardinality(set_item) > 0 THEN
        WITH changed AS (
            UPDATE runs r
            SET status = t.status, close_time = t.close, wake_at = t.wake, blocked_since = t.since,
                blocked_reason = t.reason
            FROM unnest(set_item, set_run, set_status, set_close, set_wake, set_since, set_reason)
                AS t (item, run, status, close, wake, since, reason)
            WHERE r.run_id = t.run AND (r.status = 0 OR r.status = t.status) AND t.item <> ALL (conflicting)
            RETURNING r.run_id
        )
        SELECT array_agg(run_id) INTO done FROM changed;
        IF coalesce(cardinality(done), 0) < cardinality(set_item) THEN
            SELECT conflicting || coalesce(array_agg(t.item), '{}') INTO conflicting
            FROM unnest(set_item, set_run) AS t (item, run)
            WHERE t.run <> ALL (coalesce(done, '{}')) AND t.item <> ALL (conflicting);
        END IF;
    END IF;

    IF cardinality(say_item) > 0 THEN
        UPDATE runs r
        SET memo = t.memo, search_attributes = t.search::JSONB
        FROM unnest(say_item, say_run, say_memo, say_search) AS t (item, run, memo, search)
        WHERE r.run_id = t.run AND t.item <> ALL (conflicting);
    END IF;

    IF cardinality(new_item) > 0 THEN
        WITH begun AS (
            INSERT INTO runs (run_id, namespace, workflow_id, shard, workflow_type, module, start_time, request_id,
                              status, close_time, wake_at, blocked_since, blocked_reason, memo, search_attributes)
            SELECT t.run, t.namespace, t.id, t.shard, t.type, t.module, t.start, t.request, t.status, t.close,
                   t.wake, t.since, t.reason, t.memo, t.search::JSONB
            FROM unnest(new_item, new_run, new_namespace, new_id, new_shard, new_type, new_module, new_start,
                        new_request, new_status, new_close, new_wake, new_since, new_reason, new_memo, new_search)
                AS t (item, run, namespace, id, shard, type, module, start, request, status, close, wake, since,
                      reason, memo, search)
            WHERE t.item <> ALL (conflicting)
            ON CONFLICT DO NOTHING
            RETURNING run_id
        )
        SELECT array_agg(run_id) INTO done FROM begun;
        IF coalesce(cardinality(done), 0) < cardinality(new_item) THEN
            SELECT conflicting || coalesce(array_agg(t.item) FILTER (WHERE t.known), '{}'),
                   coalesce(array_agg(t.item) FILTER (WHERE t.known IS NULL), '{}')
            INTO conflicting, taken
            FROM (
                SELECT n.item, (SELECT TRUE FROM runs r WHERE r.run_id = n.run) AS known
                FROM unnest(new_item, new_run) AS n (item, run)
                WHERE n.run <> ALL (coalesce(done, '{}')) AND n.item <> ALL (conflicting)
            ) t;
        END IF;
        -- A predecessor that began with its item, and whose successor did not.
        IF cardinality(new_after_new) > 0 AND cardinality(taken) > 0 THEN
            DELETE FROM runs r
            USING unnest(new_item, new_run) AS t (item, run)
            WHERE r.run_id = t.run AND t.item = ANY (taken);
        END IF;
    END IF;

    INSERT INTO history (run_id, first_event_id, events, epoch, activation, time, activated, data)
    SELECT t.run, t.first, t.events, fence, t.activation, t.time, t.activated, t.data
    FROM unnest(row_item, row_run, row_first, row_events, row_activation, row_time, row_activated, row_data)
        AS t (item, run, first, events, activation, time, activated, data)
    WHERE t.item <> ALL (conflicting) AND t.item <> ALL (taken);

    IF cardinality(put_item) > 0 THEN
        INSERT INTO activities (run_id, operation, attempt, due, last_failure)
        SELECT t.run, t.operation, t.attempt, t.due, t.failure
        FROM unnest(put_item, put_run, put_operation, put_attempt, put_due, put_failure)
            AS t (item, run, operation, attempt, due, failure)
        WHERE t.item <> ALL (conflicting) AND t.item <> ALL (taken)
        ON CONFLICT (run_id, operation) DO UPDATE
        SET attempt = excluded.attempt, due = excluded.due, last_failure = excluded.last_failure;
    END IF;
    IF cardinality(del_item) > 0 THEN
        DELETE FROM activities a
        USING unnest(del_item, del_run, del_operation) AS t (item, run, operation)
        WHERE a.run_id = t.run AND a.operation = t.operation
          AND t.item <> ALL (conflicting) AND t.item <> ALL (taken);
    END IF;

    IF cardinality(take_item) > 0 THEN
        DELETE FROM inbox i
        USING unnest(take_item, take_sender, take_event, take_kind) AS t (item, sender, event, kind)
        WHERE i.sender = t.sender AND i.event = t.event AND i.kind = t.kind
          AND t.item <> ALL (conflicting) AND t.item <> ALL (taken);
    END IF;
    IF cardinality(send_item) > 0 THEN
        INSERT INTO inbox (sender, event, kind, shard, namespace, workflow_id, run_id, data)
        SELECT t.sender, t.event, t.kind, t.shard, t.namespace, t.id, t.run, t.data
        FROM unnest(send_item, send_sender, send_event, send_kind, send_shard, send_namespace, send_id, send_run,
                    send_data) AS t (item, sender, event, kind, shard, namespace, id, run, data)
        WHERE t.item <> ALL (conflicting) AND t.item <> ALL (taken);
    END IF;
    -- The first outcome of an update stays.
    IF cardinality(end_item) > 0 THEN
        INSERT INTO updates (namespace, workflow_id, update_id, run_id, data)
        SELECT t.namespace, t.id, t.name, t.run, t.data
        FROM unnest(end_item, end_namespace, end_id, end_update, end_run, end_data)
            AS t (item, namespace, id, name, run, data)
        WHERE t.item <> ALL (conflicting) AND t.item <> ALL (taken)
        ON CONFLICT DO NOTHING;
    END IF;

    IF cardinality(conflicting) = 0 AND cardinality(taken) = 0 THEN
        RETURN '';
    END IF;
    SELECT string_agg(
        CASE WHEN i = ANY (taken) THEN '1' WHEN i = ANY (conflicting) THEN '2' ELSE '0' END, '' ORDER BY i)
    INTO outcomes
    FROM generate_series(0, items - 1) AS i;
    UPDATE hosts SET left_out = outcomes WHERE host_id = host;
    RETURN outcomes;
END
$$;
