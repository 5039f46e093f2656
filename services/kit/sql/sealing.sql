-- A schema's keys: `workspace_keys` and `data_keys`, each wrapped by the one above it.

-- name: workspace_key
SELECT wrapped FROM workspace_keys WHERE workspace_id = %(workspace_id)s

-- Somebody else may have been quicker: whoever adds one reads it afterwards.
-- name: add_workspace_key
INSERT INTO workspace_keys (workspace_id, wrapped) VALUES (%(workspace_id)s, %(wrapped)s) ON CONFLICT DO NOTHING

-- name: data_keys
SELECT key_id, wrapped FROM data_keys WHERE workspace_id = %(workspace_id)s AND key_id = ANY(%(key_ids)s)

-- name: add_data_keys
INSERT INTO data_keys (workspace_id, key_id, wrapped)
SELECT %(workspace_id)s, k.* FROM unnest(%(key_ids)s::text[], %(wrapped)s::bytea[]) k

-- name: destroy_data_keys
DELETE FROM data_keys WHERE workspace_id = %(workspace_id)s AND key_id = ANY(%(key_ids)s)

-- name: destroy_workspace_key
DELETE FROM workspace_keys WHERE workspace_id = %(workspace_id)s

-- What follows goes across workspaces: as the role of the loops. A wrapped key begins with its master key's name.

-- name: masters
SELECT DISTINCT substr(wrapped, 1, %(name_bytes)s) AS master FROM workspace_keys

-- name: wrapped_by_others
SELECT workspace_id, wrapped FROM workspace_keys
WHERE substr(wrapped, 1, %(name_bytes)s) <> %(master)s ORDER BY workspace_id LIMIT %(limit)s

-- name: rewrap
UPDATE workspace_keys w SET wrapped = r.wrapped
FROM unnest(%(workspace_ids)s::text[], %(before)s::bytea[], %(wrapped)s::bytea[]) AS r (workspace_id, before, wrapped)
WHERE w.workspace_id = r.workspace_id AND w.wrapped = r.before
