-- Links that let somebody at an account who is not signed in. Each counts once.
CREATE TABLE account_links (
    id TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the token in the link
    overseer_id TEXT NOT NULL REFERENCES overseers (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('reset_password')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX idx_account_links_overseer ON account_links (overseer_id); -- when a password is changed
CREATE INDEX idx_account_links_expires ON account_links (expires_at); -- purge
