-- A workspace itself, its namespaces and its keys; and which entries of KEYS are behind them.

-- name: get_facts
SELECT name, plan, created_at, organisation_id FROM workspaces WHERE workspace_id = %(workspace_id)s

-- name: get_namespaces
SELECT namespace, name, status, is_default FROM namespaces
WHERE workspace_id = %(workspace_id)s ORDER BY is_default DESC, namespace

-- name: get_keys
SELECT key_id::text AS key_id, public_id, secret_hash, name, grants, created_at, expires_at, rotated_at, revoked, retired
FROM keys WHERE workspace_id = %(workspace_id)s ORDER BY created_at, key_id

-- name: put_facts
INSERT INTO workspaces (workspace_id, name, plan, created_at, organisation_id, tenant_id)
VALUES (%(workspace_id)s, %(name)s, %(plan)s, %(created_at)s, %(organisation_id)s, %(tenant_id)s)
ON CONFLICT (workspace_id) DO UPDATE
SET name = excluded.name, plan = excluded.plan, created_at = excluded.created_at,
    organisation_id = excluded.organisation_id, tenant_id = excluded.tenant_id

-- name: put_namespaces
INSERT INTO namespaces (workspace_id, namespace, name, status, is_default)
SELECT %(workspace_id)s, n.*
FROM jsonb_to_recordset(%(namespaces)s::jsonb) AS n (namespace text, name text, status text, is_default boolean)
ON CONFLICT (workspace_id, namespace) DO UPDATE
SET name = excluded.name, status = excluded.status, is_default = excluded.is_default

-- name: put_keys
INSERT INTO keys (workspace_id, key_id, public_id, secret_hash, name, grants, created_at, expires_at, rotated_at,
                  revoked, retired)
SELECT %(workspace_id)s, k.*
FROM jsonb_to_recordset(%(keys)s::jsonb) AS k (
    key_id uuid, public_id text, secret_hash text, name text, grants jsonb, created_at timestamptz,
    expires_at timestamptz, rotated_at timestamptz, revoked boolean, retired text[])
ON CONFLICT (workspace_id, key_id) DO UPDATE
SET public_id = excluded.public_id, secret_hash = excluded.secret_hash, name = excluded.name,
    grants = excluded.grants, created_at = excluded.created_at, expires_at = excluded.expires_at,
    rotated_at = excluded.rotated_at, revoked = excluded.revoked, retired = excluded.retired

-- What a rebuild does not find in the log.
-- name: drop_other_namespaces
DELETE FROM namespaces WHERE workspace_id = %(workspace_id)s AND namespace <> ALL(%(namespaces)s)

-- name: drop_other_keys
DELETE FROM keys WHERE workspace_id = %(workspace_id)s AND key_id <> ALL(%(key_ids)s)

-- A later change of the same key moves the mark: who publishes the earlier one must not take it away.
-- name: mark_due
INSERT INTO keys_due (workspace_id, public_id, seq)
SELECT %(workspace_id)s, d, %(seq)s FROM unnest(%(public_ids)s::text[]) d
ON CONFLICT (workspace_id, public_id) DO UPDATE SET seq = excluded.seq

-- name: due_of
SELECT workspace_id, public_id, seq FROM keys_due WHERE workspace_id = ANY(%(workspace_ids)s)

-- name: due
SELECT workspace_id, public_id, seq FROM keys_due LIMIT %(limit)s

-- name: settle_due
DELETE FROM keys_due d
USING unnest(%(workspace_id)s::text[], %(public_id)s::text[], %(seq)s::bigint[]) AS s (workspace_id, public_id, seq)
WHERE d.workspace_id = s.workspace_id AND d.public_id = s.public_id AND d.seq = s.seq

-- What the gateways are to find. An archived namespace is granted to nobody.
-- name: entries
SELECT k.public_id, k.workspace_id, k.key_id, k.secret_hash, k.grants, k.expires_at,
       array(SELECT n.namespace FROM namespaces n
             WHERE n.workspace_id = k.workspace_id AND n.status = 'active') AS active
FROM keys k
WHERE NOT k.revoked AND (%(public_ids)s::text[] IS NULL OR k.public_id = ANY(%(public_ids)s))

-- name: workspace_of_key
SELECT workspace_id FROM keys WHERE key_id = %(key_id)s LIMIT 1

-- name: workspaces_of
SELECT workspace_id FROM workspaces WHERE organisation_id = %(organisation_id)s
ORDER BY created_at, workspace_id LIMIT 1000
