-- How much of each kind a workspace has: in all, and of that what was added since {since}. With {readable} only what is in
-- those namespaces. Each kind of store/measures.KINDS has a statement here.

-- name: memories
SELECT count(*) AS count, count(*) FILTER (WHERE m.created_at >= %(since)s) AS added
FROM memories m JOIN heads h USING (workspace_id, generation)
WHERE m.workspace_id = %(workspace_id)s AND (%(readable)s::text[] IS NULL OR m.namespace = ANY(%(readable)s))

-- name: relationships
SELECT count(*) AS count, count(*) FILTER (WHERE r.created_at >= %(since)s) AS added
FROM relationships r JOIN heads h USING (workspace_id, generation)
JOIN memories s ON s.workspace_id = r.workspace_id AND s.generation = r.generation AND s.memory_id = r.source
JOIN memories t ON t.workspace_id = r.workspace_id AND t.generation = r.generation AND t.memory_id = r.target
WHERE r.workspace_id = %(workspace_id)s
  AND (%(readable)s::text[] IS NULL OR s.namespace = ANY(%(readable)s) AND t.namespace = ANY(%(readable)s))

-- name: sessions
SELECT count(*) AS count, count(*) FILTER (WHERE s.started_at >= %(since)s) AS added
FROM sessions s JOIN heads h USING (workspace_id, generation)
WHERE s.workspace_id = %(workspace_id)s AND (%(readable)s::text[] IS NULL OR s.namespace = ANY(%(readable)s))

-- name: observations
SELECT count(*) AS count, count(*) FILTER (WHERE o.at >= %(since)s) AS added
FROM observations o JOIN heads h USING (workspace_id, generation)
JOIN sessions s ON s.workspace_id = o.workspace_id AND s.generation = o.generation AND s.session_id = o.session_id
WHERE o.workspace_id = %(workspace_id)s AND (%(readable)s::text[] IS NULL OR s.namespace = ANY(%(readable)s))

-- name: documents
SELECT count(*) AS count, count(*) FILTER (WHERE d.created_at >= %(since)s) AS added
FROM documents d JOIN heads h USING (workspace_id, generation)
WHERE d.workspace_id = %(workspace_id)s AND (%(readable)s::text[] IS NULL OR d.namespace = ANY(%(readable)s))
