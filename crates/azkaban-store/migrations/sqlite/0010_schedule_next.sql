-- What each fire changes, apart: a row of the table of schedules is wide.
CREATE TABLE schedule_next (
    schedule_id  INTEGER PRIMARY KEY,
    next_at      BIGINT NOT NULL      -- no earlier fire is to come
);
INSERT INTO schedule_next (schedule_id, next_at) SELECT id, next_at FROM schedule;
ALTER TABLE schedule DROP COLUMN next_at;
