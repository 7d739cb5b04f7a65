-- Clients of the strict profile (FAPI 2.0): their keys, and what they must do.

ALTER TABLE oauth_clients ADD COLUMN jwks TEXT; -- JSON array of public JWKs; NULL: the key of `public_key`, or none
ALTER TABLE oauth_clients ADD COLUMN jwks_uri TEXT; -- where they are published instead
ALTER TABLE oauth_clients ADD COLUMN require_pushed_authorization_requests BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE oauth_clients ADD COLUMN profile TEXT; -- fapi2; NULL: none beyond OAuth 2.1

-- An authorization request that a client has pushed. It is used once.
CREATE TABLE pushed_requests (
    id TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the reference that the client has
    client_id TEXT NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    request TEXT NOT NULL, -- the parameters, form-encoded
    used BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL -- of the reference; what has begun by then goes on
);
CREATE INDEX idx_pushed_requests_expires ON pushed_requests (expires_at); -- purge
CREATE INDEX idx_pushed_requests_client ON pushed_requests (client_id); -- when a client is deleted

ALTER TABLE interactions ADD COLUMN pushed_request_id TEXT; -- where the request came from, if it was pushed
