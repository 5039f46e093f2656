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
