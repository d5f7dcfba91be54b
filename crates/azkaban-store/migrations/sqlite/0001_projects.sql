-- Projects, who may do what with them, and their uploaded versions.
-- Times are milliseconds since 1970-01-01 UTC; NULL means "not yet". Booleans are 0 and 1.

CREATE TABLE project (
    id             INTEGER PRIMARY KEY,   -- rows are never deleted, so ids are never reused
    name           TEXT     NOT NULL,
    name_key       TEXT     NOT NULL,     -- the name in lower case: names differ by more than case
    active_key     TEXT     UNIQUE,       -- name_key while active, else NULL: many deleted projects may share a name
    active         SMALLINT NOT NULL,
    version        INTEGER  NOT NULL,     -- 0 before the first upload
    created_at     BIGINT   NOT NULL,
    created_by     TEXT     NOT NULL,
    modified_at    BIGINT   NOT NULL,
    modified_by    TEXT     NOT NULL,
    upload_locked  SMALLINT NOT NULL,
    adhoc_upload   SMALLINT NOT NULL,
    description    TEXT     NOT NULL
);
CREATE INDEX project_by_name ON project (name_key, id);

CREATE TABLE project_permission (
    project_id   BIGINT   NOT NULL,
    kind         TEXT     NOT NULL,       -- 'user' or 'group'
    name         TEXT     NOT NULL,
    permissions  BIGINT   NOT NULL,       -- Azkaban's flags, ORed
    PRIMARY KEY (project_id, kind, name)
) WITHOUT ROWID;

CREATE TABLE project_proxy_user (
    project_id  BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    PRIMARY KEY (project_id, name)
) WITHOUT ROWID;

CREATE TABLE project_event (
    id          INTEGER PRIMARY KEY,
    project_id  BIGINT   NOT NULL,
    type        SMALLINT NOT NULL,        -- Azkaban's code
    user_name   TEXT     NOT NULL,
    at          BIGINT   NOT NULL,
    message     TEXT
);
CREATE INDEX project_event_by_project ON project_event (project_id, id);

CREATE TABLE project_version (
    project_id   BIGINT  NOT NULL,
    version      INTEGER NOT NULL,
    uploaded_at  BIGINT  NOT NULL,
    uploader     TEXT    NOT NULL,
    uploader_ip  TEXT    NOT NULL,
    file_name    TEXT    NOT NULL,
    blob_sha256  TEXT,                    -- lower-case hex; NULL once purged
    blob_size    BIGINT  NOT NULL,
    PRIMARY KEY (project_id, version)
);
CREATE INDEX project_version_by_blob ON project_version (blob_sha256);

-- Apart from project_version, because it is large and seldom read.
CREATE TABLE project_model (
    project_id  BIGINT  NOT NULL,
    version     INTEGER NOT NULL,
    model       BLOB    NOT NULL,         -- JSON
    PRIMARY KEY (project_id, version)
);

CREATE TABLE project_flow (
    project_id  BIGINT   NOT NULL,
    version     INTEGER  NOT NULL,
    flow_id     TEXT     NOT NULL,
    embedded    SMALLINT NOT NULL,
    PRIMARY KEY (project_id, version, flow_id)
) WITHOUT ROWID;

CREATE TABLE property_override (
    project_id  BIGINT  NOT NULL,
    version     INTEGER NOT NULL,
    flow_id     TEXT    NOT NULL,
    node_id     TEXT    NOT NULL,
    props       TEXT    NOT NULL,         -- JSON object of strings
    PRIMARY KEY (project_id, version, flow_id, node_id)
);

CREATE TABLE flow_lock (
    project_id  BIGINT NOT NULL,
    flow_id     TEXT   NOT NULL,
    message     TEXT,
    PRIMARY KEY (project_id, flow_id)
) WITHOUT ROWID;
