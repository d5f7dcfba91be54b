-- Executions, and the states of their nodes and attempts.
-- Times are milliseconds since 1970-01-01 UTC; NULL means "not yet". Statuses are Azkaban's codes.

-- Small rows that change; what never changes after submission and may be large is in execution_options.
CREATE TABLE execution (
    id               INTEGER PRIMARY KEY, -- rows are never deleted, so ids are never reused
    project_id       BIGINT   NOT NULL,
    project_version  INTEGER  NOT NULL,
    flow_id          TEXT     NOT NULL,
    status           SMALLINT NOT NULL,
    submit_user      TEXT     NOT NULL,
    submitted_at     BIGINT   NOT NULL,
    started_at       BIGINT,
    ended_at         BIGINT,
    updated_at       BIGINT   NOT NULL,
    source           TEXT     NOT NULL,
    priority         INTEGER  NOT NULL,
    uuid             TEXT     NOT NULL,
    flags            TEXT     NOT NULL    -- JSON of the flow state machine
);
CREATE INDEX execution_by_flow ON execution (project_id, flow_id, id);
CREATE INDEX execution_by_user ON execution (submit_user, id);

CREATE TABLE execution_options (
    execution_id  INTEGER PRIMARY KEY,
    options       TEXT NOT NULL           -- JSON
);

-- The executions that have not ended. A table of its own, because an index over all of history
-- would grow for ever and change with each status.
CREATE TABLE execution_unfinished (
    project_id    BIGINT NOT NULL,
    flow_id       TEXT   NOT NULL,
    execution_id  BIGINT NOT NULL,
    PRIMARY KEY (project_id, flow_id, execution_id)
) WITHOUT ROWID;

-- Only nodes that are no longer READY have a row. The path of the root flow is ''.
CREATE TABLE execution_node (
    execution_id  BIGINT   NOT NULL,
    path          TEXT     NOT NULL,
    status        SMALLINT NOT NULL,
    attempt       INTEGER  NOT NULL,
    started_at    BIGINT,
    ended_at      BIGINT,
    updated_at    BIGINT,
    not_before    BIGINT,
    marks         TEXT,                   -- JSON of the flow state machine
    PRIMARY KEY (execution_id, path)
) WITHOUT ROWID;

CREATE TABLE execution_attempt (
    execution_id  BIGINT   NOT NULL,
    path          TEXT     NOT NULL,
    attempt       INTEGER  NOT NULL,
    status        SMALLINT NOT NULL,
    started_at    BIGINT,
    ended_at      BIGINT,
    retries       INTEGER  NOT NULL,
    backoff_ms    BIGINT   NOT NULL,
    supervisor    TEXT,
    reason        TEXT,
    outputs       TEXT,                   -- JSON object of strings
    output_file   TEXT,                   -- where the job may leave its outputs
    PRIMARY KEY (execution_id, path, attempt)
) WITHOUT ROWID;
