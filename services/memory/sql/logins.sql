-- Logins, their refresh tokens, and failures, as weft_accounts.

-- In the order of `who`, so that two logins never wait for each other.
-- name: count_attempts
INSERT INTO login_failures (who, failures, since)
SELECT who, 1, %(now)s FROM unnest(%(who)s::uuid[]) who ORDER BY who
ON CONFLICT (who) DO UPDATE
SET failures = CASE WHEN login_failures.since <= %(forgiven)s THEN 1 ELSE login_failures.failures + 1 END,
    since = CASE WHEN login_failures.since <= %(forgiven)s THEN excluded.since ELSE login_failures.since END
RETURNING who, failures, since

-- name: forgive
DELETE FROM login_failures WHERE who = %(who)s

-- name: take_back
UPDATE login_failures SET failures = greatest(failures - 1, 0) WHERE who = %(who)s

-- name: add_login
INSERT INTO logins (login_id, account_id, expires_at) VALUES (%(login_id)s, %(account_id)s, %(expires_at)s)

-- The newest first; every login lasts as long.
-- name: logins_beyond
SELECT login_id FROM logins WHERE account_id = %(account_id)s ORDER BY expires_at DESC, login_id OFFSET %(max)s

-- name: add_token
INSERT INTO refresh_tokens (token_hash, login_id) VALUES (%(token_hash)s, %(login_id)s)

-- The lock makes two uses of one token at the same time two uses, one after the other.
-- name: use_token
SELECT t.login_id, t.used, l.expires_at, a.account_id, a.organisation_id, a.email, a.role,
       a.once AS must_change_password
FROM refresh_tokens t JOIN logins l USING (login_id) JOIN accounts a USING (account_id)
WHERE t.token_hash = %(token_hash)s
FOR UPDATE OF t

-- name: mark_used
UPDATE refresh_tokens SET used = true WHERE token_hash = %(token_hash)s

-- name: login_of_token
SELECT login_id FROM refresh_tokens WHERE token_hash = %(token_hash)s

-- The workspace tokens that end with a login. Before the login itself does.
-- name: end_tokens_of_login
DELETE FROM workspace_tokens WHERE login_id = %(login_id)s RETURNING public_id

-- name: end_login
DELETE FROM logins WHERE login_id = %(login_id)s

-- name: end_tokens_of
DELETE FROM workspace_tokens
WHERE account_id = %(account_id)s AND (%(but)s::uuid IS NULL OR login_id IS DISTINCT FROM %(but)s)
RETURNING public_id

-- name: end_logins_of
DELETE FROM logins WHERE account_id = %(account_id)s AND (%(but)s::uuid IS NULL OR login_id <> %(but)s)

-- name: add_workspace_token
INSERT INTO workspace_tokens (public_id, account_id, login_id, expires_at)
SELECT %(public_id)s, %(account_id)s, %(login_id)s, %(expires_at)s
WHERE (SELECT count(*) FROM workspace_tokens WHERE account_id = %(account_id)s AND expires_at > %(now)s) < %(max)s
RETURNING public_id

-- name: forget_tokens
DELETE FROM workspace_tokens WHERE expires_at <= %(now)s

-- name: forget_logins
DELETE FROM logins WHERE expires_at <= %(now)s

-- name: forget_failures
DELETE FROM login_failures WHERE since <= %(forgiven)s
