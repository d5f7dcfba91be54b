-- Schedules that somebody removed, for taking that back; who locked a flow; which SLA rules were missed last.

-- Kept for a while. The fires stay where they are, under the same id.
CREATE TABLE schedule_removed (
    id            BIGINT   NOT NULL PRIMARY KEY,  -- as it was
    project_id    BIGINT   NOT NULL,
    flow_id       TEXT     NOT NULL,
    revision      BIGINT   NOT NULL,
    paused        SMALLINT NOT NULL,
    definition    TEXT     NOT NULL,  -- JSON
    options       TEXT     NOT NULL,  -- JSON
    removed_at    BIGINT   NOT NULL
);
CREATE INDEX schedule_removed_by_time ON schedule_removed (removed_at);

-- NULL of locks that are older than these columns.
ALTER TABLE flow_lock ADD COLUMN locked_by TEXT;
ALTER TABLE flow_lock ADD COLUMN locked_at BIGINT;

-- One row per rule that was ever missed: the last time. The job is '' of a rule about the flow.
CREATE TABLE sla_miss (
    project_id    BIGINT NOT NULL,
    flow_id       TEXT   NOT NULL,
    job           TEXT   NOT NULL,
    goal          TEXT   NOT NULL,  -- SUCCEED or FINISH
    execution_id  BIGINT NOT NULL,
    missed_at     BIGINT NOT NULL,
    PRIMARY KEY (project_id, flow_id, job, goal)
) WITHOUT ROWID;
