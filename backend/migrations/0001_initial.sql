-- The first eleven tables. Portable SQL: runs unchanged on SQLite, Cloudflare D1 and PostgreSQL.
-- Times are Unix seconds (UTC) in BIGINT; identifiers are UUIDv7 in lower-case text; secrets are kept as hashes only.

-- An agent: an identity that is its own Ed25519 key.
CREATE TABLE agents (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    public_key TEXT NOT NULL, -- raw 32 bytes, base64url without padding
    description TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    oauth_count BIGINT NOT NULL DEFAULT 0, -- authorizations in the current period
    billing_period_end BIGINT NOT NULL -- when the current period ends
);
CREATE UNIQUE INDEX idx_agents_public_key ON agents (public_key); -- one key, one identity

-- A human who answers for agents.
CREATE TABLE overseers (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT, -- lower-cased; NULL for a shadow overseer, who has no account
    password_hash TEXT, -- Argon2id in PHC form; NULL for a shadow overseer
    paddle_subscription_id TEXT,
    paddle_customer_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX idx_overseers_email ON overseers (email);
CREATE UNIQUE INDEX idx_overseers_paddle_subscription ON overseers (paddle_subscription_id);
CREATE UNIQUE INDEX idx_overseers_paddle_customer ON overseers (paddle_customer_id);

-- Which overseer answers for which agent. overseer_id has no foreign key on purpose: the id of a
-- shadow overseer exists before, and whether or not, its row does.
CREATE TABLE oversights (
    id TEXT NOT NULL PRIMARY KEY,
    overseer_id TEXT NOT NULL,
    agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    marked_for_cancellation BOOLEAN NOT NULL DEFAULT FALSE, -- let go at the end of the billing period
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX idx_oversights_overseer ON oversights (overseer_id);
CREATE INDEX idx_oversights_agent ON oversights (agent_id);
CREATE UNIQUE INDEX idx_oversights_active ON oversights (agent_id) WHERE active = TRUE; -- at most one at a time
CREATE UNIQUE INDEX idx_oversights_overseer_agent ON oversights (overseer_id, agent_id); -- one row a pair

-- An application that recognises agents.
CREATE TABLE oauth_clients (
    id TEXT NOT NULL PRIMARY KEY,
    owner_type TEXT NOT NULL CHECK (owner_type IN ('agent', 'overseer')),
    owner_id TEXT NOT NULL, -- an agent or an overseer, so no foreign key
    client_secret_hash TEXT, -- SHA-256
    name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL, -- JSON array
    token_endpoint_auth_method TEXT NOT NULL,
    application_type TEXT NOT NULL DEFAULT 'web',
    scope TEXT, -- NULL: any
    public_key TEXT, -- raw Ed25519, base64url
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX idx_oauth_clients_owner ON oauth_clients (owner_type, owner_id);

-- What clients asked of an agent, and the outcome: the history that the agent and its overseer see.
-- client_id has no foreign key: the history outlives a deleted client.
CREATE TABLE oauth_requests (
    id TEXT NOT NULL PRIMARY KEY,
    agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_oauth_requests_agent ON oauth_requests (agent_id, id); -- pages of one agent's history
CREATE INDEX idx_oauth_requests_created ON oauth_requests (created_at); -- purge

-- An overseer forbids a client for one agent.
CREATE TABLE client_blocks (
    id TEXT NOT NULL PRIMARY KEY,
    agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    overseer_id TEXT NOT NULL REFERENCES overseers (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (agent_id, client_id)
);
CREATE INDEX idx_client_blocks_agent ON client_blocks (agent_id);

-- A logged-in agent or overseer.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the token that the holder has
    entity_type TEXT NOT NULL CHECK (entity_type IN ('agent', 'overseer')),
    entity_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_sessions_entity ON sessions (entity_type, entity_id);
CREATE INDEX idx_sessions_expires ON sessions (expires_at);

-- A pending two-step operation.
CREATE TABLE challenges (
    id TEXT NOT NULL PRIMARY KEY,
    challenge_type TEXT NOT NULL CHECK (challenge_type IN ('dpop', 'claim', 'key_rotation', 'shadow_claim')),
    entity_id TEXT NOT NULL, -- the agent concerned; before it exists, its public key
    expires_at BIGINT NOT NULL,
    challenge_data TEXT NOT NULL, -- canonical JSON (RFC 8785): the very text to sign
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_challenges_entity ON challenges (entity_id);
CREATE INDEX idx_challenges_expires ON challenges (expires_at);

-- An authorization code, bound to its PKCE challenge.
CREATE TABLE authorization_codes (
    id TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the code
    agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    code_challenge_method TEXT NOT NULL,
    scopes TEXT NOT NULL,
    nonce TEXT,
    expires_at BIGINT NOT NULL,
    used BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_auth_codes_agent ON authorization_codes (agent_id);
CREATE INDEX idx_auth_codes_expires ON authorization_codes (expires_at);

-- An issued access token, and the refresh token issued with it.
CREATE TABLE access_tokens (
    id TEXT NOT NULL PRIMARY KEY, -- the access token's jti
    agent_id TEXT REFERENCES agents (id) ON DELETE CASCADE, -- NULL for a client's own token
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    access_token_hash TEXT NOT NULL,
    refresh_token_hash TEXT,
    expires_at BIGINT NOT NULL, -- the access token's
    created_at BIGINT NOT NULL,
    revoked BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX idx_access_tokens_agent ON access_tokens (agent_id);
CREATE INDEX idx_access_tokens_expires ON access_tokens (expires_at);

-- Tokens revoked before their expiry, until they would have expired anyway.
CREATE TABLE revoked_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    jti TEXT NOT NULL,
    token_type TEXT NOT NULL CHECK (token_type IN ('access', 'refresh')),
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX idx_revoked_tokens_jti ON revoked_tokens (jti);
CREATE INDEX idx_revoked_tokens_expires ON revoked_tokens (expires_at);
