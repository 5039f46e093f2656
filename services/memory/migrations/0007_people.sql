-- Passwords that somebody else chose do not last; people who have logged in reach content by keys of a quarter of an hour.

SET LOCAL search_path = memory;

ALTER TABLE accounts ADD COLUMN password_at timestamptz;  -- when the password was set
UPDATE accounts SET password_at = created_at WHERE password_hash IS NOT NULL;

CREATE TABLE workspace_tokens (
    public_id text PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    login_id uuid REFERENCES logins ON DELETE CASCADE,  -- null where another server vouches for the person
    expires_at timestamptz NOT NULL
);
CREATE INDEX workspace_tokens_of_account ON workspace_tokens (account_id);
CREATE INDEX workspace_tokens_of_login ON workspace_tokens (login_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON workspace_tokens TO weft_accounts;
