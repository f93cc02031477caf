-- The same tables as on Postgres; see there for what each is for. Times are microseconds since the Unix epoch. Run ids
-- are the 16 bytes of a UUID, digests the 32 bytes of a SHA-256: both compare as on Postgres.

-- The one row that tells the epoch. There is one writer at a time anyway.
CREATE TABLE cluster (
    one         INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    epoch       INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    shard_count INTEGER NOT NULL CHECK (shard_count BETWEEN 1 AND 1024)
) STRICT;
INSERT INTO cluster (shard_count) VALUES (64);

CREATE TABLE hosts (
    host_id     TEXT PRIMARY KEY CHECK (host_id <> ''),
    address     TEXT NOT NULL,
    epoch       INTEGER NOT NULL CHECK (epoch > 0),
    lease_until INTEGER NOT NULL CHECK (lease_until >= 0),
    last_batch  INTEGER NOT NULL DEFAULT 0 CHECK (last_batch >= 0),
    left_out    TEXT NOT NULL DEFAULT '' CHECK (ltrim(left_out, '012') = ''),
    claimed_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE shards (
    shard   INTEGER PRIMARY KEY CHECK (shard >= 0),
    host_id TEXT,
    epoch   INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0)
) STRICT;
INSERT INTO shards (shard)
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers, cluster WHERE n + 1 < shard_count)
SELECT n FROM numbers;

CREATE TABLE namespaces (
    namespace  TEXT PRIMARY KEY CHECK (octet_length(namespace) BETWEEN 1 AND 255),
    created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO namespaces VALUES ('default', 0);

CREATE TABLE module_bytes (
    digest BLOB PRIMARY KEY NOT NULL CHECK (octet_length(digest) = 32),
    bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE modules (
    namespace   TEXT NOT NULL REFERENCES namespaces,
    digest      BLOB NOT NULL REFERENCES module_bytes,
    bytes       INTEGER NOT NULL CHECK (bytes >= 0),
    definition  TEXT NOT NULL,
    uploaded_at INTEGER NOT NULL CHECK (uploaded_at >= 0),
    PRIMARY KEY (namespace, digest)
) STRICT;

CREATE TABLE deployments (
    namespace     TEXT NOT NULL,
    workflow_type TEXT NOT NULL CHECK (octet_length(workflow_type) BETWEEN 1 AND 255),
    digest        BLOB NOT NULL,
    PRIMARY KEY (namespace, workflow_type),
    FOREIGN KEY (namespace, digest) REFERENCES modules
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    run_id         BLOB PRIMARY KEY NOT NULL CHECK (octet_length(run_id) = 16),
    namespace      TEXT NOT NULL CHECK (octet_length(namespace) BETWEEN 1 AND 255),
    workflow_id    TEXT NOT NULL CHECK (octet_length(workflow_id) BETWEEN 1 AND 255),
    shard          INTEGER NOT NULL CHECK (shard >= 0),
    workflow_type  TEXT NOT NULL CHECK (octet_length(workflow_type) BETWEEN 1 AND 255),
    module         BLOB NOT NULL CHECK (octet_length(module) = 32),
    -- 0 running, 1 completed, 2 failed, 3 cancelled, 4 terminated, 5 timed out, 6 continued as new.
    status         INTEGER NOT NULL CHECK (status BETWEEN 0 AND 6),
    start_time     INTEGER NOT NULL CHECK (start_time >= 0),
    close_time     INTEGER CHECK (close_time >= 0),
    wake_at        INTEGER CHECK (wake_at >= 0),
    blocked_since  INTEGER CHECK (blocked_since >= 0),
    blocked_reason TEXT,
    request_id     TEXT CHECK (octet_length(request_id) BETWEEN 1 AND 255),
    memo           BLOB,
    search_attributes TEXT CHECK (json_type(search_attributes) = 'object'),
    CONSTRAINT closed_runs_have_a_close_time CHECK ((status = 0) = (close_time IS NULL)),
    CONSTRAINT closed_runs_rest CHECK (status = 0 OR (wake_at IS NULL AND blocked_since IS NULL)),
    CONSTRAINT blocked_runs_have_a_reason CHECK ((blocked_since IS NULL) = (blocked_reason IS NULL))
) STRICT;

-- The only unique index besides the primary key: the committer tells the two apart by the code of the error.
CREATE UNIQUE INDEX runs_open ON runs (workflow_id, namespace) WHERE status = 0;
CREATE INDEX runs_due ON runs (wake_at, run_id) WHERE status = 0 AND wake_at IS NOT NULL;
CREATE INDEX runs_of_id ON runs (workflow_id, namespace, start_time, run_id);
CREATE INDEX runs_newest ON runs (namespace, start_time, run_id);
CREATE INDEX runs_blocked ON runs (start_time, run_id) WHERE blocked_since IS NOT NULL;

CREATE TABLE history (
    run_id         BLOB NOT NULL CHECK (octet_length(run_id) = 16),
    first_event_id INTEGER NOT NULL CHECK (first_event_id >= 1),
    events         INTEGER NOT NULL CHECK (events >= 0),
    epoch          INTEGER NOT NULL CHECK (epoch > 0),
    activation     INTEGER NOT NULL CHECK (activation >= 0),
    time           INTEGER NOT NULL CHECK (time >= 0),
    activated      INTEGER NOT NULL CHECK (activated IN (0, 1)),
    data           BLOB NOT NULL,
    PRIMARY KEY (run_id, first_event_id, activation)
) STRICT;

CREATE TABLE activities (
    run_id       BLOB NOT NULL CHECK (octet_length(run_id) = 16),
    operation    INTEGER NOT NULL CHECK (operation >= 1),
    attempt      INTEGER NOT NULL CHECK (attempt >= 1),
    due          INTEGER CHECK (due >= 0),
    last_failure BLOB,
    PRIMARY KEY (run_id, operation)
) STRICT;

CREATE TABLE inbox (
    sender      BLOB NOT NULL CHECK (octet_length(sender) = 16),
    event       INTEGER NOT NULL CHECK (event >= 0),
    kind        INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 255),
    shard       INTEGER NOT NULL CHECK (shard >= 0),
    namespace   TEXT NOT NULL CHECK (octet_length(namespace) BETWEEN 1 AND 255),
    workflow_id TEXT NOT NULL CHECK (octet_length(workflow_id) BETWEEN 1 AND 255),
    run_id      BLOB CHECK (octet_length(run_id) = 16),
    data        BLOB NOT NULL,
    PRIMARY KEY (sender, event, kind)
) STRICT;

CREATE TABLE updates (
    namespace   TEXT NOT NULL CHECK (octet_length(namespace) BETWEEN 1 AND 255),
    workflow_id TEXT NOT NULL CHECK (octet_length(workflow_id) BETWEEN 1 AND 255),
    update_id   TEXT NOT NULL CHECK (octet_length(update_id) BETWEEN 1 AND 255),
    run_id      BLOB NOT NULL CHECK (octet_length(run_id) = 16),
    data        BLOB NOT NULL,
    PRIMARY KEY (namespace, workflow_id, update_id)
) STRICT;
