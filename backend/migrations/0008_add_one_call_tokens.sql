-- What a token in one call leaves behind.

-- Assertions and proofs that were used: each counts once, on every node and over a restart.
CREATE TABLE spent_proofs (
    id TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the key and the jti
    expires_at BIGINT NOT NULL -- when the proof would be refused as too old anyway
);
CREATE INDEX idx_spent_proofs_expires ON spent_proofs (expires_at);

ALTER TABLE access_tokens ADD COLUMN resource TEXT; -- the audience, one space-separated text

-- An agent's own token stands in its history once a day for each resource: once_a_day is the
-- SHA-256 of agent, resource and day, and NULL for requests that each stand for themselves.
ALTER TABLE oauth_requests ADD COLUMN resource TEXT;
ALTER TABLE oauth_requests ADD COLUMN once_a_day TEXT;
CREATE UNIQUE INDEX idx_oauth_requests_once_a_day ON oauth_requests (once_a_day);
