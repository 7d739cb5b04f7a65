-- How often an agent was asked for, by day, client and outcome: what charts show, without reading the history.

CREATE TABLE authorization_days (
    agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    day BIGINT NOT NULL, -- days since 1970-01-01, UTC
    client_id TEXT NOT NULL, -- the agent's own id for its own tokens
    status TEXT NOT NULL, -- the outcome, as in oauth_requests
    requests BIGINT NOT NULL,
    PRIMARY KEY (agent_id, day, client_id, status)
);
CREATE INDEX idx_authorization_days_client ON authorization_days (client_id, day); -- a client's chart
CREATE INDEX idx_authorization_days_day ON authorization_days (day); -- purge

INSERT INTO authorization_days (agent_id, day, client_id, status, requests)
SELECT agent_id, created_at / 86400, client_id, status, COUNT(*) FROM oauth_requests
GROUP BY agent_id, created_at / 86400, client_id, status;
