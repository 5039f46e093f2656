-- Relationships made by hand. `generation` says which copy of the read model.

-- name: put_relationships
INSERT INTO relationships (workspace_id, generation, relationship_id, source, target, type, confidence, version,
                           created_at, sealed)
SELECT %(workspace_id)s, %(generation)s, relationship_id, source, target, type, confidence, version, created_at,
       decode(sealed, 'base64')
FROM jsonb_to_recordset(%(relationships)s::jsonb) AS r (
    relationship_id uuid, source text, target text, type text, confidence double precision,
    version integer, created_at timestamptz, sealed text)
ON CONFLICT (workspace_id, generation, relationship_id) DO UPDATE
SET confidence = excluded.confidence, sealed = excluded.sealed, version = excluded.version,
    created_at = excluded.created_at

-- name: drop_relationships
DELETE FROM relationships
WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s
  AND relationship_id = ANY(%(relationship_ids)s::uuid[])

-- Those with these ids, and all that touch these memories.
-- name: get_relationships
SELECT r.relationship_id::text, r.source, r.target, r.type, r.confidence, r.sealed, r.version, r.created_at, k.wrapped
FROM relationships r
LEFT JOIN data_keys k ON k.workspace_id = r.workspace_id AND k.key_id = r.relationship_id::text
WHERE r.workspace_id = %(workspace_id)s
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND (relationship_id = ANY(%(relationship_ids)s::uuid[])
       OR source = ANY(%(memory_ids)s) OR target = ANY(%(memory_ids)s))
ORDER BY created_at, relationship_id

-- name: all_relationship_ids
SELECT r.relationship_id::text
FROM relationships r JOIN heads h USING (workspace_id, generation)
WHERE r.workspace_id = %(workspace_id)s ORDER BY r.relationship_id
