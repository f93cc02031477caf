-- Times are microseconds since the Unix epoch, from 0 to the year 9999. Ids compare by bytes (COLLATE "C"): they are
-- names, not words, and byte order is fast and the same on every server.
--
-- Nothing here is a foreign key on the way of a commit: checking one locks the row that is referred to, and with a few
-- namespaces and one host these rows would be written by every commit. The function dalsegno_commit checks instead.

-- The one row that whoever takes or gives up shards locks first, so that two hosts never do so at the same time.
CREATE TABLE cluster (
    one         BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    -- The highest epoch ever given to a host. It only grows.
    epoch       BIGINT NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    -- Fixed when the database is created: it decides the shard of every run.
    shard_count SMALLINT NOT NULL CHECK (shard_count BETWEEN 1 AND 1024)
);
INSERT INTO cluster (shard_count) VALUES (64);

-- Each commit updates its host's row: the epoch in it is the fence, and last_batch and left_out tell what a commit
-- came to whose answer was lost. The row has a page for itself, so that the new version always finds room beside the
-- old one and no index is touched; its dead versions are swept often.
CREATE TABLE hosts (
    host_id         TEXT COLLATE "C" PRIMARY KEY CHECK (host_id <> ''),
    address         TEXT COLLATE "C" NOT NULL,
    epoch           BIGINT NOT NULL CHECK (epoch > 0),
    -- Zero once its shards are taken or given up.
    lease_until     BIGINT NOT NULL CHECK (lease_until >= 0),
    last_batch      BIGINT NOT NULL DEFAULT 0 CHECK (last_batch >= 0),
    -- What became of that batch: a digit for each item as dalsegno_commit answers them, or nothing if all are stored.
    left_out        TEXT COLLATE "C" NOT NULL DEFAULT '' CHECK (ltrim(left_out, '012') = ''),
    -- Counts the connections that commit. A batch that is still on its way on an earlier one is not stored any more,
    -- so that what last_batch said stays true.
    committer       BIGINT NOT NULL DEFAULT 0 CHECK (committer >= 0),
    claimed_at      BIGINT NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- Who owns which shard, since which epoch.
CREATE TABLE shards (
    shard   SMALLINT PRIMARY KEY CHECK (shard >= 0),
    host_id TEXT COLLATE "C",
    epoch   BIGINT NOT NULL DEFAULT 0 CHECK (epoch >= 0)
);
INSERT INTO shards (shard) SELECT generate_series(0, shard_count - 1) FROM cluster;

CREATE TABLE namespaces (
    namespace  TEXT COLLATE "C" PRIMARY KEY CHECK (octet_length(namespace) BETWEEN 1 AND 255),
    created_at BIGINT NOT NULL CHECK (created_at >= 0)
);
INSERT INTO namespaces VALUES ('default', 0);

-- A module belongs to a namespace; its bytes are kept once, whoever uploaded them, and apart: lists do not read them.
CREATE TABLE module_bytes (
    digest BYTEA PRIMARY KEY CHECK (octet_length(digest) = 32),
    -- Not compressed: read at each compiling, and Postgres is slow at unpacking.
    bytes  BYTEA NOT NULL
);
ALTER TABLE module_bytes ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE modules (
    namespace   TEXT COLLATE "C" NOT NULL REFERENCES namespaces,
    digest      BYTEA NOT NULL REFERENCES module_bytes,
    bytes       BIGINT NOT NULL CHECK (bytes >= 0),
    definition  TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL CHECK (uploaded_at >= 0),
    PRIMARY KEY (namespace, digest)
);

CREATE TABLE deployments (
    namespace     TEXT COLLATE "C" NOT NULL,
    workflow_type TEXT COLLATE "C" NOT NULL CHECK (octet_length(workflow_type) BETWEEN 1 AND 255),
    digest        BYTEA NOT NULL,
    PRIMARY KEY (namespace, workflow_type),
    FOREIGN KEY (namespace, digest) REFERENCES modules
);

-- One narrow row a run. Written when it begins and closes, and when its wake-up time or its trouble changes: not at
-- every step. The room left on each page takes the new versions of its rows.
CREATE TABLE runs (
    run_id         UUID PRIMARY KEY,
    namespace      TEXT COLLATE "C" NOT NULL CHECK (octet_length(namespace) BETWEEN 1 AND 255),
    workflow_id    TEXT COLLATE "C" NOT NULL CHECK (octet_length(workflow_id) BETWEEN 1 AND 255),
    shard          SMALLINT NOT NULL CHECK (shard >= 0),
    workflow_type  TEXT COLLATE "C" NOT NULL CHECK (octet_length(workflow_type) BETWEEN 1 AND 255),
    module         BYTEA NOT NULL CHECK (octet_length(module) = 32),
    -- 0 running, 1 completed, 2 failed, 3 cancelled, 4 terminated, 5 timed out, 6 continued as new.
    status         SMALLINT NOT NULL CHECK (status BETWEEN 0 AND 6),
    start_time     BIGINT NOT NULL CHECK (start_time >= 0),
    close_time     BIGINT CHECK (close_time >= 0),
    -- When its owner has to look at it; 0 while it has work that only the owner's memory holds.
    wake_at        BIGINT CHECK (wake_at >= 0),
    blocked_since  BIGINT CHECK (blocked_since >= 0),
    blocked_reason TEXT,
    request_id     TEXT COLLATE "C" CHECK (octet_length(request_id) BETWEEN 1 AND 255),
    memo           BYTEA,
    -- By name: {"type": …, "value": …}.
    search_attributes JSONB CHECK (jsonb_typeof(search_attributes) = 'object'),
    CONSTRAINT closed_runs_have_a_close_time CHECK ((status = 0) = (close_time IS NULL)),
    CONSTRAINT closed_runs_rest CHECK (status = 0 OR (wake_at IS NULL AND blocked_since IS NULL)),
    CONSTRAINT blocked_runs_have_a_reason CHECK ((blocked_since IS NULL) = (blocked_reason IS NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

-- At most one open run has a workflow id.
CREATE UNIQUE INDEX runs_open ON runs (workflow_id, namespace) WHERE status = 0;
-- What a new owner looks through; idle runs without a deadline are not in it.
CREATE INDEX runs_due ON runs (wake_at, run_id) WHERE status = 0 AND wake_at IS NOT NULL;
CREATE INDEX runs_of_id ON runs (workflow_id, namespace, start_time, run_id);
CREATE INDEX runs_newest ON runs (namespace, start_time, run_id);
CREATE INDEX runs_blocked ON runs (start_time, run_id) WHERE blocked_since IS NOT NULL;

-- One row a transition, only ever inserted. The key begins with the place of its first event; the activation tells an
-- activation that made no events (its inputs were stored before, and it asked for nothing) from the row after it.
CREATE TABLE history (
    run_id         UUID NOT NULL,
    first_event_id BIGINT NOT NULL CHECK (first_event_id >= 1),
    events         INTEGER NOT NULL CHECK (events >= 0),
    -- Of the host that wrote it. It never falls along a history.
    epoch          BIGINT NOT NULL CHECK (epoch > 0),
    activation     BIGINT NOT NULL CHECK (activation >= 0),
    time           BIGINT NOT NULL CHECK (time >= 0),
    activated      BOOLEAN NOT NULL,
    data           BYTEA NOT NULL,
    PRIMARY KEY (run_id, first_event_id, activation)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);

-- Attempts of activities that have to outlive the host: grants, and retries that wait.
CREATE TABLE activities (
    run_id       UUID NOT NULL,
    operation    BIGINT NOT NULL CHECK (operation >= 1),
    attempt      INTEGER NOT NULL CHECK (attempt >= 1),
    -- When a waiting attempt begins; null once it may have begun.
    due          BIGINT CHECK (due >= 0),
    last_failure BYTEA,
    PRIMARY KEY (run_id, operation)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- Messages from run to run, from the transaction of the sender to the one that records what became of them.
CREATE TABLE inbox (
    sender      UUID NOT NULL,
    -- Of the sender, that it came of; one event may send messages of several kinds.
    event       BIGINT NOT NULL CHECK (event >= 0),
    kind        SMALLINT NOT NULL CHECK (kind BETWEEN 0 AND 255),
    -- Of the target.
    shard       SMALLINT NOT NULL CHECK (shard >= 0),
    namespace   TEXT COLLATE "C" NOT NULL CHECK (octet_length(namespace) BETWEEN 1 AND 255),
    workflow_id TEXT COLLATE "C" NOT NULL CHECK (octet_length(workflow_id) BETWEEN 1 AND 255),
    run_id      UUID,
    data        BYTEA NOT NULL,
    PRIMARY KEY (sender, event, kind)
);

-- What became of updates, whichever run of the workflow id decided: asked again, they are not made again.
CREATE TABLE updates (
    namespace   TEXT COLLATE "C" NOT NULL CHECK (octet_length(namespace) BETWEEN 1 AND 255),
    workflow_id TEXT COLLATE "C" NOT NULL CHECK (octet_length(workflow_id) BETWEEN 1 AND 255),
    update_id   TEXT COLLATE "C" NOT NULL CHECK (octet_length(update_id) BETWEEN 1 AND 255),
    run_id      UUID NOT NULL,
    data        BYTEA NOT NULL,
    PRIMARY KEY (namespace, workflow_id, update_id)
);
