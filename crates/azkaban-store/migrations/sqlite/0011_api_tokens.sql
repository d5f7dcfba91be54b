-- Tokens that programs show instead of a session. Only the digest is kept: who reads the database cannot use them.
-- Times are milliseconds since 1970-01-01 UTC.

CREATE TABLE api_token (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- rows are deleted, ids are not reused
    token_sha256  BLOB   NOT NULL UNIQUE,
    user_name     TEXT   NOT NULL,
    name          TEXT   NOT NULL,      -- what its owner calls it
    scope         TEXT   NOT NULL,      -- 'read', 'execute' or 'all'
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT,               -- NULL: never
    used_at       BIGINT,               -- NULL: not yet; may lag behind by some minutes
    used_ip       TEXT
);
CREATE INDEX api_token_by_user ON api_token (user_name);
