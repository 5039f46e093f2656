-- People: organisations, their accounts, and what they log in with. Outside every workspace, so row-level security does not
-- fence them; a role does: weft_accounts alone may read them, and of workspaces it sees only whose they are.

SET LOCAL search_path = memory;

ALTER TABLE workspaces ADD COLUMN organisation_id uuid;  -- whose it is
ALTER TABLE workspaces ADD COLUMN tenant_id uuid;        -- the workspace's UUID, once it is somebody's
CREATE INDEX workspaces_of_organisation ON workspaces (organisation_id);
CREATE UNIQUE INDEX workspaces_by_tenant ON workspaces (tenant_id);

-- One row an organisation, locked by every change: it makes seq gapless.
CREATE TABLE organisations (
    organisation_id uuid PRIMARY KEY,
    name text NOT NULL,
    seq bigint NOT NULL
);

-- The truth about people. Append-only, save that the payloads of who has gone, and old hashes, are taken out.
CREATE TABLE account_events (
    organisation_id uuid NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    stream uuid NOT NULL,             -- the account, or the organisation itself
    type text NOT NULL,
    time timestamptz NOT NULL,
    actor text NOT NULL,
    payload bytea,                    -- null once erased
    PRIMARY KEY (organisation_id, seq)
);
CREATE INDEX account_events_of_stream ON account_events (organisation_id, stream, type);

-- Read model of account_events.
CREATE TABLE accounts (
    account_id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    email text NOT NULL UNIQUE,
    role text NOT NULL,               -- owner | member
    created_at timestamptz NOT NULL,
    issuer text,                      -- who vouches for a person without a password here
    subject text,
    password_hash text,               -- argon2id
    once boolean NOT NULL,            -- somebody else chose the password
    UNIQUE (issuer, subject)
);
CREATE INDEX accounts_of_organisation ON accounts (organisation_id);

-- What follows is in no log: who is logged in at present, and who tries. To lose it is to log in again.
CREATE TABLE logins (
    login_id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX logins_of_account ON logins (account_id);

CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,     -- SHA-256: the token has 256 random bits of its own
    login_id uuid NOT NULL REFERENCES logins ON DELETE CASCADE,
    used boolean NOT NULL DEFAULT false
);
CREATE INDEX refresh_tokens_of_login ON refresh_tokens (login_id);

CREATE TABLE login_failures (
    who uuid PRIMARY KEY,             -- derived from an email or an address, whether or not there is such an account
    failures integer NOT NULL,
    since timestamptz NOT NULL
);

GRANT USAGE ON SCHEMA memory TO weft_accounts;
GRANT SELECT, INSERT, UPDATE, DELETE ON organisations, accounts, logins, refresh_tokens, login_failures TO weft_accounts;
GRANT SELECT, INSERT, UPDATE (payload) ON account_events TO weft_accounts;

CREATE POLICY owned ON workspaces FOR SELECT TO weft_accounts USING (organisation_id IS NOT NULL);
GRANT SELECT (workspace_id, organisation_id, tenant_id) ON workspaces TO weft_accounts;
