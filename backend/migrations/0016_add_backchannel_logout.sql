-- Applications are told when an agent is signed out, or may not use them any more.

ALTER TABLE oauth_clients ADD COLUMN backchannel_logout_uri TEXT; -- where; NULL: it is not told

-- Which agent a browser has been signed in as, at which of the clients that are told.
CREATE TABLE session_clients (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    PRIMARY KEY (session_id, client_id, agent_id)
);
CREATE INDEX idx_session_clients_client ON session_clients (client_id); -- when a client is deleted
CREATE INDEX idx_session_clients_agent ON session_clients (agent_id); -- when an agent is deleted

-- What a client is still to be told: this agent is signed out. At most one notice of each pair waits.
-- agent_id has no foreign key: that an agent is gone is told after it is gone.
CREATE TABLE logout_notices (
    client_id TEXT NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    agent_id TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL, -- when it is sent, or sent again
    created_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, agent_id)
);
CREATE INDEX idx_logout_notices_due ON logout_notices (due_at);
