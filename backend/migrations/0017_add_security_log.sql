-- What an overseer's account has seen, and where its sessions are.

ALTER TABLE sessions ADD COLUMN address TEXT; -- where an overseer signed in from
ALTER TABLE sessions ADD COLUMN user_agent TEXT; -- what the browser or program said of itself, at most 200 characters

-- The security log of an overseer.
CREATE TABLE security_events (
    id TEXT NOT NULL PRIMARY KEY, -- UUIDv7
    overseer_id TEXT NOT NULL REFERENCES overseers (id) ON DELETE CASCADE, -- in whose log it stands
    kind TEXT NOT NULL, -- what happened
    agent_id TEXT, -- about which agent; it may be gone since
    client_id TEXT, -- about which client; it may be gone since
    address TEXT, -- where the call came from; NULL: the operator's command line
    network TEXT, -- the part of it that one customer holds: all of IPv4, the first half of IPv6
    user_agent TEXT, -- what the caller said of itself, at most 200 characters
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_security_events_overseer ON security_events (overseer_id, id); -- pages of one log
CREATE INDEX idx_security_events_network ON security_events (overseer_id, kind, network); -- signed in from there before
CREATE INDEX idx_security_events_created ON security_events (created_at); -- purge

CREATE INDEX idx_retired_keys_agent ON retired_keys (agent_id); -- when an agent last changed its key
