-- What apps need to recognise agents by API: what a client may do, codes that are bound to their
-- request, refresh tokens that rotate, and consents.

ALTER TABLE oauth_clients ADD COLUMN grant_types TEXT NOT NULL DEFAULT '["authorization_code","refresh_token"]'; -- JSON array
ALTER TABLE oauth_clients ADD COLUMN resources TEXT NOT NULL DEFAULT '[]'; -- JSON array: APIs whose tokens the client may introspect
ALTER TABLE oauth_clients ADD COLUMN dpop_bound_access_tokens BOOLEAN NOT NULL DEFAULT FALSE; -- gets no token without a DPoP proof

-- Who may introspect the tokens of an API: one owner for each.
CREATE TABLE resource_owners (
    resource TEXT NOT NULL PRIMARY KEY, -- the URI that tokens name as `aud`
    owner_type TEXT NOT NULL CHECK (owner_type IN ('agent', 'overseer')),
    owner_id TEXT NOT NULL, -- an agent or an overseer, so no foreign key
    allowed_by_operator BOOLEAN NOT NULL DEFAULT FALSE, -- stays when no client names it any more
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_resource_owners_owner ON resource_owners (owner_type, owner_id);

ALTER TABLE authorization_codes ADD COLUMN redirect_uri TEXT;
ALTER TABLE authorization_codes ADD COLUMN resource TEXT; -- the audience, one space-separated text
ALTER TABLE authorization_codes ADD COLUMN dpop_jkt TEXT; -- only this key may redeem it (RFC 9449 section 10)
ALTER TABLE authorization_codes ADD COLUMN family_id TEXT; -- what it was redeemed for; a second use ends that

CREATE INDEX idx_auth_codes_client ON authorization_codes (client_id); -- disabling or deleting a client

-- A family is everything that came from one authorization; it ends together. NULL for an agent's own
-- token, which is in no family.
ALTER TABLE access_tokens ADD COLUMN family_id TEXT; -- the id of its first token
ALTER TABLE access_tokens ADD COLUMN family_expires_at BIGINT; -- no refresh goes beyond
ALTER TABLE access_tokens ADD COLUMN refresh_expires_at BIGINT;
ALTER TABLE access_tokens ADD COLUMN refresh_used_at BIGINT; -- NULL until the refresh token is rotated
ALTER TABLE access_tokens ADD COLUMN granted_scopes TEXT; -- what a refresh may ask for; scopes may be narrower
ALTER TABLE access_tokens ADD COLUMN granted_resource TEXT; -- likewise for the audience
ALTER TABLE access_tokens ADD COLUMN jkt TEXT; -- the thumbprint of the DPoP key that the token is bound to
ALTER TABLE access_tokens ADD COLUMN keep_until BIGINT; -- the later expiry of the pair
UPDATE access_tokens SET keep_until = expires_at;
CREATE INDEX idx_access_tokens_keep_until ON access_tokens (keep_until); -- purge
CREATE INDEX idx_access_tokens_family ON access_tokens (family_id) WHERE family_id IS NOT NULL;
CREATE INDEX idx_access_tokens_client ON access_tokens (client_id) WHERE family_id IS NOT NULL;

CREATE INDEX idx_revoked_tokens_created ON revoked_tokens (created_at); -- the list that offline verifiers pull

-- What an agent has allowed a client, until withdrawn.
CREATE TABLE consents (
    agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL, -- all that was ever allowed, space-separated
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (agent_id, client_id)
);
CREATE INDEX idx_consents_client ON consents (client_id); -- deleting a client
