-- People, as weft_accounts.

-- An organisation that is not there yet gets its row, so that there is something to lock.
-- name: lock_organisation
INSERT INTO organisations (organisation_id, name, seq) VALUES (%(organisation_id)s, '', 0)
ON CONFLICT (organisation_id) DO UPDATE SET seq = organisations.seq
RETURNING name, seq

-- name: put_organisation
UPDATE organisations SET name = %(name)s, seq = %(seq)s WHERE organisation_id = %(organisation_id)s

-- name: organisations
SELECT organisation_id FROM organisations ORDER BY organisation_id

-- name: accounts_of
SELECT account_id, email, role, created_at, issuer, subject, password_hash, password_at, once
FROM accounts WHERE organisation_id = %(organisation_id)s ORDER BY created_at, account_id

-- name: put_account
INSERT INTO accounts (account_id, organisation_id, email, role, created_at, issuer, subject, password_hash, password_at,
                      once)
VALUES (%(account_id)s, %(organisation_id)s, %(email)s, %(role)s, %(created_at)s, %(issuer)s, %(subject)s,
        %(password_hash)s, %(password_at)s, %(once)s)
ON CONFLICT (account_id) DO UPDATE
SET email = excluded.email, role = excluded.role, created_at = excluded.created_at, issuer = excluded.issuer,
    subject = excluded.subject, password_hash = excluded.password_hash,
    password_at = excluded.password_at, once = excluded.once

-- name: drop_accounts
DELETE FROM accounts WHERE organisation_id = %(organisation_id)s AND account_id = ANY(%(account_ids)s)

-- name: append
INSERT INTO account_events (organisation_id, seq, event_id, stream, type, time, actor, payload)
VALUES (%(organisation_id)s, %(seq)s, %(event_id)s, %(stream)s, %(type)s, %(time)s, %(actor)s, %(payload)s)

-- name: erase
UPDATE account_events SET payload = NULL
WHERE organisation_id = %(organisation_id)s AND stream = %(stream)s AND type = %(type)s AND seq < %(seq)s

-- name: read_log
SELECT seq, type, time, payload FROM account_events WHERE organisation_id = %(organisation_id)s ORDER BY seq

-- Until the commit nobody else gives this address to somebody.
-- name: claim_email
SELECT pg_advisory_xact_lock(hashtextextended(%(email)s, 0))

-- name: by_email
SELECT account_id, organisation_id, email, role, password_hash, password_at, once AS must_change_password
FROM accounts WHERE email = %(email)s

-- Who is behind a login that has not ended, and which workspace of theirs is meant.
-- name: identify
SELECT a.account_id, a.organisation_id, a.email, a.role, a.once AS must_change_password, w.workspace_id
FROM logins l JOIN accounts a USING (account_id)
LEFT JOIN workspaces w ON w.organisation_id = a.organisation_id
    AND (w.workspace_id = %(tenant)s OR w.tenant_id = %(tenant_id)s)
WHERE l.login_id = %(login_id)s AND a.account_id = %(account_id)s AND l.expires_at > %(now)s

-- The same of somebody for whom another server vouches.
-- name: identify_foreign
SELECT a.account_id, a.organisation_id, a.email, a.role, a.once AS must_change_password, w.workspace_id
FROM accounts a
LEFT JOIN workspaces w ON w.organisation_id = a.organisation_id
    AND (w.workspace_id = %(tenant)s OR w.tenant_id = %(tenant_id)s)
WHERE a.issuer = %(issuer)s AND a.subject = %(subject)s

-- Who asks for a token: by a login that has not ended, or as somebody without a password here.
-- name: may_enter
SELECT w.workspace_id, w.tenant_id
FROM accounts a JOIN workspaces w ON w.organisation_id = a.organisation_id
    AND (w.workspace_id = %(tenant)s OR w.tenant_id = %(tenant_id)s)
LEFT JOIN logins l ON l.account_id = a.account_id AND l.login_id = %(login_id)s AND l.expires_at > %(now)s
WHERE a.account_id = %(account_id)s AND (l.login_id IS NOT NULL OR a.issuer IS NOT NULL)
