-- SQLite can not change a column: the table is made anew.
CREATE TABLE users_new (
    id INTEGER PRIMARY KEY,
    email TEXT COLLATE NOCASE CONSTRAINT one_account UNIQUE,
    state TEXT NOT NULL DEFAULT 'new' CONSTRAINT known_state CHECK (state IN ('new', 'it''s | fine', 'gone')),
    nick TEXT NOT NULL DEFAULT 'a  b',
    seen INTEGER
);
INSERT INTO users_new SELECT id, email, state, coalesce(nick, ''), seen FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE UNIQUE INDEX idx_users_nick ON users (nick) WHERE state <> 'gone';
CREATE INDEX idx_users_domain ON users (substr(email, instr(email, '@') + 1) DESC);
