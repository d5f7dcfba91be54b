-- What administrators have set at run time for the server as a whole, by name; a row that is not there means the default.

CREATE TABLE server_state (
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,               -- JSON, opaque here
    PRIMARY KEY (name)
) WITHOUT ROWID;

-- Executions by their end: those of the last minutes, and those that are old enough to be cleaned away.
CREATE INDEX execution_by_end ON execution (ended_at, id) WHERE ended_at IS NOT NULL;
