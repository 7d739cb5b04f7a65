-- Shadow claims: somebody without an account pays once, and an agent's limits are lifted for a while.

ALTER TABLE oversights ADD COLUMN ends_at BIGINT; -- of a shadow overseer: until when it is paid; NULL: it has no end

ALTER TABLE checkouts ADD COLUMN agent_id TEXT; -- whose limits the payment lifts; NULL: it is for an overseer's own tier
ALTER TABLE checkouts ADD COLUMN challenge_id TEXT; -- the shadow claim that is paid for; NULL: as above
ALTER TABLE checkouts ADD COLUMN url TEXT; -- where it is paid; NULL: not kept
ALTER TABLE checkouts ADD COLUMN applied_at BIGINT; -- when it has lifted them; NULL: it has not
ALTER TABLE checkouts ADD COLUMN refund_due TEXT CHECK (refund_due IN ('agent_gone', 'claimed', 'account_gone')); -- why the money is to be given back; NULL: it is not
ALTER TABLE checkouts ADD COLUMN refunded_at BIGINT; -- when it was given back, as Paddle says
CREATE UNIQUE INDEX idx_checkouts_challenge ON checkouts (challenge_id); -- one payment for each shadow claim
CREATE INDEX idx_oversights_ends ON oversights (ends_at) WHERE active = TRUE; -- shadow claims that are over
CREATE INDEX idx_checkouts_agent ON checkouts (agent_id, applied_at); -- until when an agent's limits are lifted
CREATE INDEX idx_checkouts_refund ON checkouts (completed_at) WHERE refund_due IS NOT NULL AND refunded_at IS NULL; -- what the operator has to give back
