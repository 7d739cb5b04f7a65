-- What overseers pay for, as Paddle, the payment provider, says.

CREATE TABLE subscriptions (
    id TEXT NOT NULL PRIMARY KEY, -- Paddle's
    overseer_id TEXT, -- whose it is; NULL until it is known from which checkout it came
    customer_id TEXT NOT NULL, -- Paddle's
    price_id TEXT NOT NULL, -- Paddle's; the settings say of which tier it is
    status TEXT NOT NULL CHECK (status IN ('active', 'trialing', 'past_due', 'paused', 'canceled')),
    period_starts_at BIGINT, -- NULL: it has no period, for it is paused or canceled
    period_ends_at BIGINT,
    cancels_at BIGINT, -- NULL: nothing is planned
    occurred_at BIGINT NOT NULL, -- of the newest event about it, microseconds since 1970
    event_id TEXT NOT NULL, -- the newest event about it
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_subscriptions_overseer ON subscriptions (overseer_id); -- what an overseer may do

-- Payments that were begun here. Whose a payment is, is known from this alone: what a payer says of themselves counts for nothing.
CREATE TABLE checkouts (
    transaction_id TEXT NOT NULL PRIMARY KEY, -- Paddle's
    overseer_id TEXT NOT NULL, -- who began it; may be gone since
    tier TEXT NOT NULL, -- what for
    subscription_id TEXT, -- Paddle's; NULL until the payment has led to one
    customer_id TEXT, -- Paddle's, as whom it was begun; NULL: as nobody yet
    completed_at BIGINT, -- when it was paid
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_checkouts_subscription ON checkouts (subscription_id); -- whose a subscription is
CREATE INDEX idx_checkouts_overseer ON checkouts (overseer_id, created_at); -- the customer of an overseer

-- What Paddle has told, as it came.
CREATE TABLE billing_events (
    id TEXT NOT NULL PRIMARY KEY, -- Paddle's
    event_type TEXT NOT NULL, -- such as subscription.updated
    occurred_at BIGINT NOT NULL, -- microseconds since 1970
    body TEXT NOT NULL, -- JSON
    received_at BIGINT NOT NULL,
    applied_at BIGINT -- NULL: it could not be applied yet
);
CREATE INDEX idx_billing_events_received ON billing_events (received_at, id); -- the operator's list
