-- A tier that was paid for stays until its period's end, also when a smaller one was chosen since.

ALTER TABLE subscriptions ADD COLUMN paid_period_starts_at BIGINT; -- of the last period that was paid; NULL: none was
ALTER TABLE subscriptions ADD COLUMN paid_price_ids TEXT NOT NULL DEFAULT '[]'; -- Paddle's: what was paid for in that period, JSON
UPDATE subscriptions SET paid_period_starts_at = period_starts_at, paid_price_ids = '["' || price_id || '"]'
WHERE status IN ('active', 'trialing') AND period_starts_at IS NOT NULL;
