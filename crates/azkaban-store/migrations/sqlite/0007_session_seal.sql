-- A session ends when its user's password changes: what it is compared with. NULL in sessions of before.

ALTER TABLE session ADD COLUMN seal BLOB;
