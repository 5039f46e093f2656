-- What is told to those who may not know everything.

-- Of the memories, relationships, sessions and documents with these ids, those that may be read, or might until they were deleted.
-- name: readable
SELECT 'memory' AS entity, m.memory_id AS id FROM memories m
WHERE m.workspace_id = %(workspace_id)s AND m.memory_id = ANY(%(memory)s) AND m.namespace = ANY(%(readable)s)
  AND m.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
UNION ALL
SELECT 'relationship', r.relationship_id::text FROM relationships r
JOIN memories s ON s.workspace_id = r.workspace_id AND s.generation = r.generation AND s.memory_id = r.source
JOIN memories t ON t.workspace_id = r.workspace_id AND t.generation = r.generation AND t.memory_id = r.target
WHERE r.workspace_id = %(workspace_id)s AND r.relationship_id = ANY(%(relationship)s::uuid[])
  AND r.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND s.namespace = ANY(%(readable)s) AND t.namespace = ANY(%(readable)s)
UNION ALL
SELECT 'session', t.session_id FROM sessions t
WHERE t.workspace_id = %(workspace_id)s AND t.session_id = ANY(%(session)s) AND t.namespace = ANY(%(readable)s)
  AND t.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
UNION ALL
SELECT 'document', d.document_id FROM documents d
WHERE d.workspace_id = %(workspace_id)s AND d.document_id = ANY(%(document)s) AND d.namespace = ANY(%(readable)s)
  AND d.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
UNION ALL
SELECT x.entity, x.entity_id FROM deletions x
WHERE x.workspace_id = %(workspace_id)s AND x.entity_id = ANY(%(any)s) AND x.namespaces <@ %(readable)s::text[]

-- Events up to a place, about some streams and with types that begin so; null leaves that open. Otherwise as read_log.
-- name: find_events
SELECT b.workspace_id, seq, event_id, stream, version, revision, type, time, actor, correlation_id, causation_id,
       traceparent, k.wrapped,
       CASE WHEN type = 'weft.workspace.deleted.v1' OR NOT EXISTS (
           SELECT FROM deleted_workspaces WHERE workspace_id = %(workspace_id)s) THEN payload END AS payload
FROM (
    SELECT e.*, sum(coalesce(octet_length(e.payload), 0)) OVER (ORDER BY e.seq) AS bytes_so_far,
           row_number() OVER (ORDER BY e.seq) AS number
    FROM (
        SELECT * FROM events
        WHERE workspace_id = %(workspace_id)s AND seq > %(after_seq)s AND seq <= %(until_seq)s
          AND (%(streams)s::text[] IS NULL OR stream = ANY(%(streams)s::text[]))
          AND (%(prefixes)s::text[] IS NULL OR EXISTS (
              SELECT FROM unnest(%(prefixes)s::text[]) p
              WHERE starts_with(CASE WHEN payload IS NULL THEN 'weft.event.erased.v1' ELSE type END, p)))
        ORDER BY seq LIMIT %(limit)s) e) b
LEFT JOIN data_keys k ON k.workspace_id = b.workspace_id AND k.key_id = b.stream
WHERE bytes_so_far <= %(bytes_max)s OR number = 1
ORDER BY seq

-- For this transaction: a plan made once for all would not use the index by streams for the few questions that name one.
-- name: plan_each_time
SET LOCAL plan_cache_mode = force_custom_plan
