-- Logins. Only the digest of a token is kept: who reads the database cannot log in with it.

CREATE TABLE session (
    token_sha256  BLOB   NOT NULL,
    user_name     TEXT   NOT NULL,
    ip            TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    used_at       BIGINT NOT NULL,
    PRIMARY KEY (token_sha256)
) WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user_name, ip);
CREATE INDEX session_by_use ON session (used_at);
