-- Schedules, and which of their fires have been dealt with.
-- Times are milliseconds since 1970-01-01 UTC.

CREATE TABLE schedule (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- rows are deleted, ids are not reused
    project_id    BIGINT   NOT NULL,
    flow_id       TEXT     NOT NULL,
    revision      BIGINT   NOT NULL,  -- one more with each change but those of next_at
    paused        SMALLINT NOT NULL,
    next_at       BIGINT   NOT NULL,  -- no earlier fire is to come
    definition    TEXT     NOT NULL,  -- JSON
    options       TEXT     NOT NULL,  -- JSON
    UNIQUE (project_id, flow_id)
);

-- The key is what makes a fire happen once. Old rows are deleted.
CREATE TABLE schedule_fire (
    schedule_id   BIGINT NOT NULL,
    fire_at       BIGINT NOT NULL,
    handled_at    BIGINT NOT NULL,
    execution_id  BIGINT,             -- NULL: nothing was submitted
    reason        TEXT,               -- why not, for people
    PRIMARY KEY (schedule_id, fire_at)
) WITHOUT ROWID;
CREATE INDEX schedule_fire_by_time ON schedule_fire (handled_at);
