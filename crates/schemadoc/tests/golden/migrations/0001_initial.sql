-- Somebody who can log in.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    email TEXT COLLATE NOCASE CONSTRAINT one_account UNIQUE, -- the note says more
    state TEXT NOT NULL DEFAULT 'new' CONSTRAINT known_state CHECK (state IN ('new', 'it''s | fine', 'gone')),
    nick TEXT DEFAULT 'a  b',
    seen INTEGER -- comments are shown where no note says anything
);
CREATE UNIQUE INDEX idx_users_nick ON users (nick) WHERE state <> 'gone'; -- one nick among the living

-- A group, perhaps inside of another one.
CREATE TABLE groups (
    name TEXT NOT NULL PRIMARY KEY,
    parent TEXT REFERENCES groups ON DELETE CASCADE,
    label TEXT GENERATED ALWAYS AS (name || ' | ' || coalesce(parent, '`')) STORED,
    CHECK (name <> '' AND -- a comment, which is no part of it
           name <> parent)
) WITHOUT ROWID;
CREATE INDEX idx_groups_parent ON groups (parent);

CREATE TABLE members (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    group_name TEXT NOT NULL REFERENCES GROUPS (name) ON DELETE RESTRICT ON UPDATE CASCADE,
    since BIGINT,
    CONSTRAINT pair PRIMARY KEY (user_id, group_name)
);

CREATE TABLE badges (
    id TEXT NOT NULL PRIMARY KEY,
    user_id INTEGER,
    group_name TEXT,
    picture BLOB DEFAULT x'00ff',
    CONSTRAINT worn FOREIGN KEY (user_id, group_name) REFERENCES members ON DELETE SET NULL
) STRICT;

INSERT INTO users (id, email, nick) VALUES (1, 'a|b@example.org', ''), (2, NULL, 'back`tick');
