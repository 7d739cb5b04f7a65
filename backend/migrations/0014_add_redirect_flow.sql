-- Signing in and consenting in a browser.

ALTER TABLE sessions ADD COLUMN browser BOOLEAN NOT NULL DEFAULT FALSE; -- in a cookie, and good for pages alone

ALTER TABLE consents ADD COLUMN allowed TEXT NOT NULL DEFAULT '[]'; -- JSON array of pairs: an API, and the scopes allowed there

ALTER TABLE oauth_clients ADD COLUMN post_logout_redirect_uris TEXT NOT NULL DEFAULT '[]'; -- JSON array

-- An authorization request that waits for somebody to sign in or to consent. It belongs to the browser that brought it.
CREATE TABLE interactions (
    id TEXT NOT NULL PRIMARY KEY, -- UUIDv7
    browser TEXT NOT NULL, -- SHA-256 of the browser's cookie
    request TEXT NOT NULL, -- the parameters as sent, form-encoded
    session_id TEXT, -- who signed in for it, with which session
    agent_id TEXT, -- which agent the overseer picked
    signer_id TEXT, -- which agent has signed the challenge that the page shows
    signed_at BIGINT, -- and when
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX idx_interactions_expires ON interactions (expires_at); -- purge
CREATE INDEX idx_interactions_signer ON interactions (signer_id) WHERE signer_id IS NOT NULL; -- when the agent is stopped
