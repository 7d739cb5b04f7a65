-- A tier that was paid for stays until its period's end, also when a smaller one was chosen since.

ALTER TABLE subscriptions ADD COLUMN paid_period_starts_at BIGINT; -- of the last period that was paid; NULL: none was
ALTER TABLE subscriptions ADD COLUMN paid_price_ids TEXT NOT NULL DEFAULT '[]'; -- Paddle's: what was paid for in that period, JSON
