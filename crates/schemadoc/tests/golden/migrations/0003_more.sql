ALTER TABLE users RENAME COLUMN seen TO seen_at;
ALTER TABLE badges RENAME TO "odd | name";
ALTER TABLE users ADD COLUMN owner TEXT NOT NULL DEFAULT 'user 1'; -- polymorphic
CREATE VIEW living AS SELECT id, nick || '!' AS shout FROM users WHERE state <> 'gone';
CREATE TRIGGER forget AFTER DELETE ON users BEGIN
    DELETE FROM words WHERE words MATCH old.nick;
END;
CREATE VIRTUAL TABLE words USING fts5(text);
DROP INDEX idx_groups_parent;
CREATE INDEX idx_groups_parent ON groups (parent, name) WHERE parent IS NOT NULL;
CREATE TABLE lost (
    id TEXT PRIMARY KEY,
    gone TEXT REFERENCES "no where" (id) DEFERRABLE INITIALLY DEFERRED -- a table that never was
);
