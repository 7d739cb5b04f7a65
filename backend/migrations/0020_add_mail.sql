-- Letters to overseers by mail, and what they show: that somebody reads what is sent to an address.

ALTER TABLE overseers ADD COLUMN email_verified_at BIGINT; -- since when it is known that they read what is sent to the address

-- Links that show that an overseer reads what is sent to an address, which is theirs from then on.
CREATE TABLE email_confirmations (
    id TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the token in the link
    overseer_id TEXT NOT NULL REFERENCES overseers (id) ON DELETE CASCADE,
    email TEXT NOT NULL, -- lower-cased
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX idx_email_confirmations_overseer ON email_confirmations (overseer_id); -- when another is made
CREATE INDEX idx_email_confirmations_expires ON email_confirmations (expires_at); -- purge

-- Letters that wait to be sent.
CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY, -- UUIDv7
    letter TEXT NOT NULL, -- what it says
    recipient TEXT NOT NULL, -- to which address
    overseer_id TEXT REFERENCES overseers (id) ON DELETE CASCADE, -- whose a link in it is; NULL: whoever has the address
    address TEXT, -- where the call that asked for it came from
    network TEXT, -- the part of it that one customer holds
    user_agent TEXT, -- what that caller said of itself, at most 200 characters
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL, -- when it is sent, or sent again
    created_at BIGINT NOT NULL
);
CREATE INDEX idx_mails_due ON mails (due_at); -- sending, and the purge
CREATE INDEX idx_mails_overseer ON mails (overseer_id); -- when a link that was asked for is no longer wanted
