-- Id tokens, and answers of userinfo, in the algorithm that a client asks for.

ALTER TABLE signing_keys ADD COLUMN algorithm TEXT NOT NULL DEFAULT 'EdDSA'; -- as `alg` names it

ALTER TABLE oauth_clients ADD COLUMN id_token_signed_response_alg TEXT NOT NULL DEFAULT 'EdDSA';
ALTER TABLE oauth_clients ADD COLUMN userinfo_signed_response_alg TEXT; -- NULL: userinfo answers JSON
