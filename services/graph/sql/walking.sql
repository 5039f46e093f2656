-- Reading the graph. `readable` are the namespaces of the asker: an edge is seen only where both ends are.

-- name: nodes_of
SELECT node, memory_id FROM memories
WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(memory_ids)s) AND namespace = ANY(%(readable)s)

-- name: memory_ids_of
SELECT node, memory_id FROM memories WHERE node = ANY(%(nodes)s) AND namespace = ANY(%(readable)s)

-- The neighbours of each node, by the most confident edge that leads there either way; the most confident first.
-- name: around
SELECT n.node, array_agg(b.other ORDER BY b.confidence DESC, b.memory_id) AS others,
       array_agg(b.memory_id ORDER BY b.confidence DESC, b.memory_id) AS memory_ids,
       array_agg(b.confidence ORDER BY b.confidence DESC, b.memory_id) AS confidences,
       array_agg(b.pagerank ORDER BY b.confidence DESC, b.memory_id) AS pageranks
FROM unnest(%(nodes)s::bigint[]) AS n (node)
CROSS JOIN LATERAL (
    SELECT e.other, m.memory_id, max(e.confidence)::float8 AS confidence, coalesce(r.pagerank, 0) AS pagerank
    FROM (
        SELECT target AS other, confidence FROM edges
        WHERE source = n.node AND type = ANY(%(types)s) AND confidence >= %(confident_from)s
        UNION ALL
        SELECT source, confidence FROM edges
        WHERE target = n.node AND type = ANY(%(types)s) AND confidence >= %(confident_from)s) e
    JOIN memories m ON m.node = e.other AND m.namespace = ANY(%(readable)s)
    LEFT JOIN ranks r ON r.node = e.other
    GROUP BY e.other, m.memory_id, r.pagerank
    ORDER BY confidence DESC, m.memory_id LIMIT %(limit)s) b
GROUP BY n.node

-- Of several edges between the same two that say the same, the most confident.
-- name: among
SELECT DISTINCT ON (s.memory_id, t.memory_id, e.type) s.memory_id AS source, t.memory_id AS target, e.type,
       e.confidence::float8 AS confidence
FROM edges e JOIN memories s ON s.node = e.source JOIN memories t ON t.node = e.target
WHERE e.source = ANY(%(nodes)s) AND e.target = ANY(%(nodes)s)
  AND e.type = ANY(%(types)s) AND e.confidence >= %(confident_from)s
ORDER BY s.memory_id, t.memory_id, e.type, e.confidence DESC, e.method

-- The same for many nodes: of those that lead away from each only some, first what says most (superseding, or a cause, not
-- mere likeness). A discovered edge leads away from the newer of two memories, so that none is left without its nearest.
-- name: web
SELECT e.source, e.target, e.type, max(e.confidence)::float8 AS confidence
FROM unnest(%(nodes)s::bigint[]) n (node)
CROSS JOIN LATERAL (
    SELECT source, target, type, confidence FROM edges
    WHERE source = n.node AND target IN (SELECT unnest(%(nodes)s::bigint[]))
    ORDER BY type >= %(telling)s DESC, confidence DESC, target LIMIT %(per_node)s) e
GROUP BY e.source, e.target, e.type

-- name: of_memory
SELECT * FROM (
    SELECT DISTINCT ON (s.memory_id, t.memory_id, e.type) s.memory_id AS source, t.memory_id AS target, e.type, e.method,
           e.confidence::float8 AS confidence, e.context, e.shared, e.said, s.wrapped AS source_key,
           t.wrapped AS target_key, greatest(s.created_at, t.created_at) AS found_at
    FROM memories m
    CROSS JOIN LATERAL (
        SELECT * FROM edges WHERE source = m.node UNION ALL SELECT * FROM edges WHERE target = m.node) e
    JOIN memories s ON s.node = e.source
    JOIN memories t ON t.node = e.target
    WHERE m.workspace_id = %(workspace_id)s AND m.memory_id = %(memory_id)s AND e.method <> %(manual)s
      AND s.namespace = ANY(%(readable)s) AND t.namespace = ANY(%(readable)s)
    ORDER BY s.memory_id, t.memory_id, e.type, e.confidence DESC, e.method) best
ORDER BY confidence DESC, source, target, type LIMIT %(limit)s

-- name: told
SELECT memory_id, version, wrapped, told FROM memories
WHERE workspace_id = %(workspace_id)s AND memory_id = %(memory_id)s

-- name: highest
SELECT m.node, m.memory_id, count(*) OVER () AS total
FROM memories m LEFT JOIN ranks r USING (node)
WHERE m.workspace_id = %(workspace_id)s AND m.namespace = ANY(%(readable)s)
ORDER BY r.pagerank DESC NULLS LAST, m.created_at DESC, m.memory_id LIMIT %(limit)s
