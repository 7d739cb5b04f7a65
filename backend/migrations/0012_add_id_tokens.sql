-- What an id token says of the sign-in that led to it. NULL for codes and tokens from before, and for an agent's or a
-- client's own tokens.

ALTER TABLE authorization_codes ADD COLUMN auth_time BIGINT; -- when the agent, or its overseer, signed in
ALTER TABLE authorization_codes ADD COLUMN amr TEXT; -- how, space-separated: the values of RFC 8176
ALTER TABLE authorization_codes ADD COLUMN actor_id TEXT; -- the overseer who signed in and picked the agent

ALTER TABLE access_tokens ADD COLUMN auth_time BIGINT;
ALTER TABLE access_tokens ADD COLUMN amr TEXT;
ALTER TABLE access_tokens ADD COLUMN actor_id TEXT;
