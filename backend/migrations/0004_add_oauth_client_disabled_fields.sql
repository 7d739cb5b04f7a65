-- A client can be switched off, by its owner or by a limit, and marked to be let go.
ALTER TABLE oauth_clients ADD COLUMN disabled_at BIGINT;
ALTER TABLE oauth_clients ADD COLUMN disabled_reason TEXT;
ALTER TABLE oauth_clients ADD COLUMN marked_for_cancellation BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX idx_oauth_clients_marked_for_cancellation ON oauth_clients (marked_for_cancellation);
