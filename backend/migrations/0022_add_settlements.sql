-- What the end of a period takes away, and a payment gives back.

ALTER TABLE overseers ADD COLUMN billing_period_end BIGINT; -- of the period that was last looked at; NULL: none was yet
ALTER TABLE overseers ADD COLUMN over_limit_since BIGINT; -- since when they have more than a tier allows that they never agreed to
ALTER TABLE oauth_clients ADD COLUMN disabled_by_limit BOOLEAN NOT NULL DEFAULT FALSE; -- off until the tier has room for it again
