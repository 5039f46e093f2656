-- What an export reads, a page at a time and each from the last row of the page before, along the primary keys: never by
-- offset. A page ends at so many rows or so many bytes, and has at least one row where there is one.

-- name: memories
SELECT * FROM (
    SELECT m.*, k.wrapped, coalesce(u.access_count, 0) AS access_count,
           coalesce(u.retrieval_count, 0) AS retrieval_count, u.last_accessed_at,
           sum(octet_length(m.sealed)) OVER (ORDER BY m.memory_id) AS bytes_so_far,
           row_number() OVER (ORDER BY m.memory_id) AS number
    FROM (
        SELECT * FROM memories
        WHERE workspace_id = %(workspace_id)s AND memory_id > %(after)s AND namespace = ANY(%(readable)s)
          AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
        ORDER BY memory_id LIMIT %(limit)s) m
    LEFT JOIN usage u ON u.workspace_id = m.workspace_id AND u.generation = m.generation AND u.memory_id = m.memory_id
    LEFT JOIN data_keys k ON k.workspace_id = m.workspace_id AND k.key_id = m.memory_id
) p
WHERE bytes_so_far <= %(bytes_max)s OR number = 1
ORDER BY memory_id

-- name: consolidations
SELECT * FROM (
    SELECT m.*, k.wrapped, sum(octet_length(m.sealed)) OVER (ORDER BY m.memory_id) AS bytes_so_far,
           row_number() OVER (ORDER BY m.memory_id) AS number
    FROM (
        SELECT memory_id, version, consolidated_from, sealed FROM memories
        WHERE workspace_id = %(workspace_id)s AND memory_id > %(after)s AND namespace = ANY(%(readable)s)
          AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
          AND consolidated_from <> '{}'
        ORDER BY memory_id LIMIT %(limit)s) m
    LEFT JOIN data_keys k ON k.workspace_id = %(workspace_id)s AND k.key_id = m.memory_id
) p
WHERE bytes_so_far <= %(bytes_max)s OR number = 1
ORDER BY memory_id

-- Only what may be read at both ends. In an order that is the same in every workspace, which their ids are not.
-- name: relationships
SELECT r.relationship_id::text, r.version, r.source AS source_memory_id, r.target AS target_memory_id,
       r.type AS relationship_type, r.confidence, r.created_at, r.sealed, k.wrapped
FROM relationships r
LEFT JOIN data_keys k ON k.workspace_id = r.workspace_id AND k.key_id = r.relationship_id::text
JOIN memories s ON s.workspace_id = r.workspace_id AND s.generation = r.generation AND s.memory_id = r.source
JOIN memories t ON t.workspace_id = r.workspace_id AND t.generation = r.generation AND t.memory_id = r.target
WHERE r.workspace_id = %(workspace_id)s AND (r.source, r.target, r.type) > (%(source)s, %(target)s, %(type)s)
  AND r.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND s.namespace = ANY(%(readable)s) AND t.namespace = ANY(%(readable)s)
ORDER BY r.source, r.target, r.type LIMIT %(limit)s

-- name: sessions
SELECT * FROM (
    SELECT t.*, k.wrapped, sum(octet_length(t.sealed)) OVER (ORDER BY t.session_id) AS bytes_so_far,
           row_number() OVER (ORDER BY t.session_id) AS number
    FROM (
        SELECT * FROM sessions
        WHERE workspace_id = %(workspace_id)s AND session_id > %(after)s AND namespace = ANY(%(readable)s)
          AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
        ORDER BY session_id LIMIT %(limit)s) t
    LEFT JOIN data_keys k ON k.workspace_id = t.workspace_id AND k.key_id = 'session:' || t.session_id
) p
WHERE bytes_so_far <= %(bytes_max)s OR number = 1
ORDER BY session_id

-- name: observations
SELECT * FROM (
    SELECT o.*, k.wrapped, sum(octet_length(o.sealed)) OVER (ORDER BY o.session_id, o.number) AS bytes_so_far,
           row_number() OVER (ORDER BY o.session_id, o.number) AS place
    FROM (
        SELECT b.session_id, s.started_at, b.number, b.observation_id, b.kind, b.at, b.sealed
        FROM observations b
        JOIN sessions s USING (workspace_id, generation, session_id)
        WHERE b.workspace_id = %(workspace_id)s
          AND b.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
          AND (b.session_id, b.number) > (%(after)s, %(number)s) AND s.namespace = ANY(%(readable)s)
        ORDER BY b.session_id, b.number LIMIT %(limit)s) o
    LEFT JOIN data_keys k ON k.workspace_id = %(workspace_id)s AND k.key_id = 'session:' || o.session_id
) p
WHERE bytes_so_far <= %(bytes_max)s OR place = 1
ORDER BY session_id, number
