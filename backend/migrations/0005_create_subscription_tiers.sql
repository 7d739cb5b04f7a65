-- What each subscription allows. -1 is unlimited; price is in minor units (cents).
CREATE TABLE subscription_tiers (
    tier TEXT NOT NULL PRIMARY KEY,
    max_agents BIGINT NOT NULL,
    max_clients BIGINT NOT NULL,
    max_oauth_per_period BIGINT NOT NULL,
    price BIGINT NOT NULL,
    is_hidden BOOLEAN NOT NULL DEFAULT FALSE, -- kept out of the public list
    created_at BIGINT NOT NULL
);
-- There is no portable "now": the first rows carry the first second of 2026.
INSERT INTO subscription_tiers (tier, max_agents, max_clients, max_oauth_per_period, price, is_hidden, created_at) VALUES
    ('FREE', 1, 2, 100, 0, FALSE, 1767225600),
    ('BASIC', 5, 10, -1, 900, FALSE, 1767225600),
    ('PRO', 25, 50, -1, 2900, FALSE, 1767225600),
    ('PREMIUM', -1, -1, -1, 9900, FALSE, 1767225600),
    ('SHADOW', 1, 10, -1, 2000, TRUE, 1767225600);
