-- A family's rows lie scattered in an index that begins with the client, but an agent's rows are entered in its own
-- index anyway: the family goes there, and the client's index grows at its clients' ends only.
DROP INDEX idx_access_tokens_agent;
CREATE INDEX idx_access_tokens_agent ON access_tokens (agent_id, family_id);
DROP INDEX idx_access_tokens_client;
CREATE INDEX idx_access_tokens_client ON access_tokens (client_id) WHERE family_id IS NOT NULL;
