-- Every index that a token is entered in costs each token. Two did no work of their own.

-- Nothing looked for the expiry of the access token alone since 0009: the purge asks for that of the pair.
DROP INDEX idx_access_tokens_expires;
DROP INDEX idx_access_tokens_keep_until;
CREATE INDEX idx_access_tokens_expires ON access_tokens (keep_until);

-- Whoever looks for a family knows its client.
DROP INDEX idx_access_tokens_family;
DROP INDEX idx_access_tokens_client;
CREATE INDEX idx_access_tokens_client ON access_tokens (client_id, family_id) WHERE family_id IS NOT NULL;
