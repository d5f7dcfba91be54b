-- What users keep for themselves: projects and flows that they marked, and filters of lists that they named.
-- Times are milliseconds since 1970-01-01 UTC.

CREATE TABLE bookmark (
    user_name   TEXT   NOT NULL,
    project_id  BIGINT NOT NULL,
    flow_id     TEXT   NOT NULL,        -- empty: the project itself
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (user_name, project_id, flow_id)
) WITHOUT ROWID;

CREATE TABLE saved_view (
    id          INTEGER PRIMARY KEY AUTOINCREMENT, -- rows are deleted, ids are not reused
    user_name   TEXT     NOT NULL,      -- whose it is
    name        TEXT     NOT NULL,
    query       TEXT     NOT NULL,      -- the query of the page's address, opaque here
    shared      SMALLINT NOT NULL,      -- 1: everybody sees it
    created_at  BIGINT   NOT NULL,
    updated_at  BIGINT   NOT NULL,
    UNIQUE (user_name, name)
);
CREATE INDEX saved_view_shared ON saved_view (name) WHERE shared = 1;
