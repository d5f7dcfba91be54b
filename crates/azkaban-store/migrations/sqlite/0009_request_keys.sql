-- Keys that clients sent with submissions, so that the same request again submits nothing. Forgotten after some days.

CREATE TABLE request_key (
    user_name     TEXT   NOT NULL,
    key           TEXT   NOT NULL,
    request       TEXT   NOT NULL,        -- digest of what was asked for
    execution_id  BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (user_name, key)
) WITHOUT ROWID;
CREATE INDEX request_key_by_age ON request_key (created_at);
