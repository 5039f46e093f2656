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

-- name: add_token
INSERT INTO refresh_tokens (token_hash, login_id) VALUES (%(token_hash)s, %(login_id)s)

-- The lock makes two uses of one token at the same time two uses, one after the other.
-- name: use_token
SELECT t.login_id, t.used, l.expires_at, a.account_id, a.organisation_id, a.email, a.role
FROM refresh_tokens t JOIN logins l USING (login_id) JOIN accounts a USING (account_id)
WHERE t.token_hash = %(token_hash)s
FOR UPDATE OF t

-- name: mark_used
UPDATE refresh_tokens SET used = true WHERE token_hash = %(token_hash)s

-- name: end_login
DELETE FROM logins WHERE login_id = %(login_id)s

-- name: end_login_of_token
DELETE FROM logins WHERE login_id = (SELECT login_id FROM refresh_tokens WHERE token_hash = %(token_hash)s)

-- name: end_logins_of
DELETE FROM logins WHERE account_id = %(account_id)s

-- name: forget_logins
DELETE FROM logins WHERE expires_at <= %(now)s

-- name: forget_failures
DELETE FROM login_failures WHERE since <= %(forgiven)s
