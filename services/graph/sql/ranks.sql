-- What the analysis reads and leaves.

-- name: members
SELECT m.node, m.memory_id, m.version, m.namespace, m.memory_type, m.wrapped, m.told, r.pagerank, r.label
FROM memories m LEFT JOIN ranks r USING (node)
WHERE m.workspace_id = %(workspace_id)s ORDER BY m.memory_id

-- Fixed-size binary records (store/ranks.py): source, target, method, type, confidence.
-- name: copy_edges
COPY (SELECT source, target, method, type, confidence FROM edges) TO STDOUT (FORMAT binary)

-- name: state
SELECT changed, parts FROM workspaces WHERE workspace_id = %(workspace_id)s

-- Whose memory goes in this moment goes with it: without the lock, the foreign key would be what finds out.
-- name: put_ranks
INSERT INTO ranks (workspace_id, node, pagerank, label)
SELECT %(workspace_id)s, m.node, r.pagerank, r.label
FROM jsonb_to_recordset(%(ranks)s::jsonb) AS r (node bigint, pagerank double precision, label bytea)
JOIN memories m ON m.node = r.node
FOR KEY SHARE OF m
ON CONFLICT (node) DO UPDATE SET pagerank = excluded.pagerank, label = excluded.label

-- Those that have no rank.
-- name: unranked
SELECT m.node, m.memory_id, m.wrapped FROM memories m
WHERE m.workspace_id = %(workspace_id)s AND m.memory_id = ANY(%(memory_ids)s)
  AND NOT EXISTS (SELECT FROM ranks r WHERE r.node = m.node)

-- name: analysed
UPDATE workspaces SET analysed = %(changed)s, parts = %(parts)s WHERE workspace_id = %(workspace_id)s

-- Deleted memories that DERIVED may still name.
-- name: deleted
SELECT memory_id FROM deleted WHERE workspace_id = %(workspace_id)s AND NOT forgotten ORDER BY memory_id

-- name: forgotten
UPDATE deleted SET forgotten = true WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(deleted)s)
