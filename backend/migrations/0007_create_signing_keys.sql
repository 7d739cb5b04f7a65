-- The server's own keys and values.

-- The keys that sign tokens. The private key is encrypted under the server's secret.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY, -- RFC 7638 thumbprint
    public_key TEXT NOT NULL, -- raw Ed25519, base64url
    sealed_private_key TEXT NOT NULL, -- PKCS#8, sealed
    created_at BIGINT NOT NULL, -- published from then on
    signs_from BIGINT NOT NULL, -- later than created_at, so that verifiers know the key before it signs
    published_until BIGINT -- NULL while current; then until the last token that it signed has expired
);

-- Single values: 'secret_check' shows whether the server's secret fits this database.
CREATE TABLE server_values (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
