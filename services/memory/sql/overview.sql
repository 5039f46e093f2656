-- What a workspace has and does, by type, status and day (UTC). With {readable} only what is in those namespaces.

-- name: positions
SELECT h.seq AS head, h.published_seq AS published
FROM heads h JOIN workspaces w USING (workspace_id)
WHERE h.workspace_id = %(workspace_id)s

-- What is folded into another is in no list, and is not counted here.
-- name: memories
SELECT m.memory_type AS type, count(*) AS count
FROM memories m JOIN heads h USING (workspace_id, generation)
WHERE m.workspace_id = %(workspace_id)s AND m.consolidated_into IS NULL
  AND (%(readable)s::text[] IS NULL OR m.namespace = ANY(%(readable)s))
GROUP BY m.memory_type

-- name: memories_by_day
SELECT m.created_at::date AS day, m.memory_type AS type, count(*) AS count
FROM memories m JOIN heads h USING (workspace_id, generation)
WHERE m.workspace_id = %(workspace_id)s AND m.consolidated_into IS NULL AND m.created_at >= %(since)s
  AND (%(readable)s::text[] IS NULL OR m.namespace = ANY(%(readable)s))
GROUP BY 1, 2

-- name: sessions
SELECT s.status, count(*) AS count
FROM sessions s JOIN heads h USING (workspace_id, generation)
WHERE s.workspace_id = %(workspace_id)s AND (%(readable)s::text[] IS NULL OR s.namespace = ANY(%(readable)s))
GROUP BY s.status

-- name: sessions_by_day
SELECT s.started_at::date AS day, count(*) AS sessions, sum(s.observation_count) AS observations
FROM sessions s JOIN heads h USING (workspace_id, generation)
WHERE s.workspace_id = %(workspace_id)s AND s.started_at >= %(since)s
  AND (%(readable)s::text[] IS NULL OR s.namespace = ANY(%(readable)s))
GROUP BY 1

-- name: documents_by_day
SELECT d.created_at::date AS day, count(*) AS documents
FROM documents d JOIN heads h USING (workspace_id, generation)
WHERE d.workspace_id = %(workspace_id)s AND d.created_at >= %(since)s
  AND (%(readable)s::text[] IS NULL OR d.namespace = ANY(%(readable)s))
GROUP BY 1

-- name: jobs
SELECT j.kind, j.status, count(*) AS count
FROM jobs j JOIN heads h USING (workspace_id, generation)
WHERE j.workspace_id = %(workspace_id)s AND j.created_at >= %(since)s
  AND (%(readable)s::text[] IS NULL OR j.namespace = ANY(%(readable)s))
GROUP BY j.kind, j.status
