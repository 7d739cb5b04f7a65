-- What the end of a period takes away, and a payment gives back.

ALTER TABLE overseers ADD COLUMN billing_period_end BIGINT; -- of the period that was last looked at; NULL: none was yet
ALTER TABLE overseers ADD COLUMN settled_price_id TEXT; -- what was paid for when it was last looked at; NULL: nothing
ALTER TABLE overseers ADD COLUMN over_limit_since BIGINT; -- since when they have more than their tier allows
ALTER TABLE overseers ADD COLUMN over_limit_agreed BOOLEAN NOT NULL DEFAULT FALSE; -- they have chosen a smaller tier themselves
ALTER TABLE oauth_clients ADD COLUMN disabled_by_limit BOOLEAN NOT NULL DEFAULT FALSE; -- off until the tier has room for it again
