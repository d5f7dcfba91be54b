-- What is to be sent to other machines, stored with the change that causes it and deleted once it is sent or given up.
-- Times are milliseconds since 1970-01-01 UTC.

CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: receivers tell repetitions by it
    channel     TEXT    NOT NULL,        -- 'mail' or 'callback'
    payload     TEXT    NOT NULL,        -- JSON of the sender
    created_at  BIGINT  NOT NULL,
    due_at      BIGINT  NOT NULL,        -- not before this
    tries       INTEGER NOT NULL         -- how often it was tried without success
);
CREATE INDEX outbox_by_due ON outbox (channel, due_at, id);
