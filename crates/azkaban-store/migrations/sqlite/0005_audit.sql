-- Who did what, and what was refused.
-- Rows go from the lowest id on, as they grow old; the newest always stays, so that ids are never reused.

CREATE TABLE audit (
    id            INTEGER PRIMARY KEY,
    at            BIGINT  NOT NULL,       -- milliseconds since 1970-01-01 UTC
    user_name     TEXT    NOT NULL,
    ip            TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    outcome       TEXT    NOT NULL,       -- 'done' or 'refused'
    project_id    BIGINT,
    flow_id       TEXT,
    execution_id  BIGINT,
    details       TEXT
);

-- The default that projects were made with, which nothing could change, was not Azkaban's (http-api §6, getUploadSetting).
UPDATE project SET adhoc_upload = 0;
