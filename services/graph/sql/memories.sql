-- From what happened to memories and features, and to what is due because of it. All under the workspace's lock.

-- name: add_workspace
INSERT INTO workspaces (workspace_id) VALUES (%(workspace_id)s) ON CONFLICT DO NOTHING

-- Whoever changes memories or edges of a workspace holds this until the commit.
-- name: lock_workspace
SELECT w.memory_count, k.wrapped FROM workspaces w LEFT JOIN workspace_keys k USING (workspace_id)
WHERE workspace_id = %(workspace_id)s FOR UPDATE OF w

-- name: set_count
UPDATE workspaces SET memory_count = %(memory_count)s, changed = changed + 1 WHERE workspace_id = %(workspace_id)s

-- name: touch
UPDATE workspaces SET changed = changed + 1 WHERE workspace_id = %(workspace_id)s

-- name: known
SELECT node, memory_id, version, wrapped, content, title FROM memories
WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(memory_ids)s)

-- name: deleted
SELECT memory_id FROM deleted WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(memory_ids)s)

-- name: remember_deleted
INSERT INTO deleted (workspace_id, memory_id)
SELECT %(workspace_id)s, unnest(%(memory_ids)s::text[]) ON CONFLICT DO NOTHING

-- name: drop_memories
DELETE FROM memories WHERE node = ANY(%(nodes)s)

-- name: known_ids
SELECT memory_id FROM memories WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(memory_ids)s)

-- name: contents
SELECT memory_id, content FROM memories WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(memory_ids)s)

-- name: all_ids
SELECT memory_id FROM memories WHERE workspace_id = %(workspace_id)s

-- name: put_memories
INSERT INTO memories (workspace_id, memory_id, version, namespace, memory_type, created_at, written_at, wrapped, told,
                      narrative, content, title, title_head, title_words, words)
SELECT %(workspace_id)s, m.*
FROM jsonb_to_recordset(%(memories)s::jsonb) AS m (
    memory_id text, version integer, namespace text, memory_type text, created_at timestamptz, written_at timestamptz,
    wrapped bytea, told bytea, narrative bytea, content bigint, title bigint, title_head bigint, title_words bit(512),
    words bit(512))
ON CONFLICT (workspace_id, memory_id) DO UPDATE
SET version = excluded.version, memory_type = excluded.memory_type, written_at = excluded.written_at,
    told = excluded.told, narrative = excluded.narrative, content = excluded.content, title = excluded.title,
    title_head = excluded.title_head, title_words = excluded.title_words, words = excluded.words
RETURNING node, memory_id

-- name: features
SELECT node, kind, key FROM features WHERE node = ANY(%(nodes)s)

-- name: add_features
INSERT INTO features (workspace_id, node, kind, key, created_at, memory_id)
SELECT %(workspace_id)s, f.node, f.kind, f.key, m.created_at, m.memory_id
FROM jsonb_to_recordset(%(features)s::jsonb) AS f (node bigint, kind smallint, key bigint)
JOIN memories m USING (node)

-- name: drop_features
DELETE FROM features f
USING jsonb_to_recordset(%(features)s::jsonb) AS d (node bigint, kind smallint, key bigint)
WHERE f.node = d.node AND f.kind = d.kind AND f.key = d.key

-- The new count of each feature, after `change` holders more.
-- name: count_holders
INSERT INTO holders (workspace_id, kind, key, count)
SELECT %(workspace_id)s, c.kind, c.key, c.change
FROM jsonb_to_recordset(%(changes)s::jsonb) AS c (kind smallint, key bigint, change integer)
ORDER BY c.kind, c.key
ON CONFLICT (workspace_id, kind, key) DO UPDATE SET count = holders.count + excluded.count
RETURNING kind, key, count

-- name: forget_unheld
DELETE FROM holders h
USING jsonb_to_recordset(%(changes)s::jsonb) AS c (kind smallint, key bigint)
WHERE h.workspace_id = %(workspace_id)s AND h.kind = c.kind AND h.key = c.key AND h.count <= 0

-- name: forget_holders
DELETE FROM holders WHERE workspace_id = %(workspace_id)s

-- name: recount_holders
INSERT INTO holders (workspace_id, kind, key, count)
SELECT workspace_id, kind, key, count(*) FROM features
WHERE workspace_id = %(workspace_id)s GROUP BY workspace_id, kind, key

-- name: expect_rebuild
INSERT INTO workspaces (workspace_id, to_rebuild) VALUES (%(workspace_id)s, true)
ON CONFLICT (workspace_id) DO UPDATE SET to_rebuild = true

-- name: is_rebuilt
UPDATE workspaces SET to_rebuild = false WHERE workspace_id = %(workspace_id)s

-- name: recount_memories
UPDATE workspaces SET memory_count = (SELECT count(*) FROM memories WHERE workspace_id = %(workspace_id)s)
WHERE workspace_id = %(workspace_id)s

-- name: put_vectors
INSERT INTO vectors (workspace_id, node, namespace, created_at, memory_id, model, dimension, embedding)
SELECT %(workspace_id)s, m.node, m.namespace, m.created_at, m.memory_id, v.model, v.dimension, v.embedding::vector
FROM jsonb_to_recordset(%(vectors)s::jsonb) AS v (
    memory_id text, content bigint, model text, dimension integer, embedding text)
JOIN memories m ON m.workspace_id = %(workspace_id)s AND m.memory_id = v.memory_id AND m.content = v.content
ON CONFLICT (node) DO UPDATE
SET model = excluded.model, dimension = excluded.dimension, embedding = excluded.embedding
WHERE (vectors.model, vectors.embedding) IS DISTINCT FROM (excluded.model, excluded.embedding)
RETURNING node

-- name: drop_vectors
DELETE FROM vectors WHERE node = ANY(%(nodes)s)

-- What a model said of texts that are no more.
-- name: drop_judged_edges
DELETE FROM edges WHERE method = %(judgement)s AND (source = ANY(%(nodes)s) OR target = ANY(%(nodes)s))

-- What is due. Marks add up, and keep their place in the queue.

-- name: mark
INSERT INTO due (workspace_id, node, what)
SELECT %(workspace_id)s, unnest(%(nodes)s::bigint[]), %(what)s
ON CONFLICT (node) DO UPDATE SET what = due.what | excluded.what

-- name: mark_all
INSERT INTO due (workspace_id, node, what)
SELECT workspace_id, node, %(what)s FROM memories WHERE workspace_id = %(workspace_id)s
ON CONFLICT (node) DO UPDATE SET what = due.what | excluded.what

-- Whose edges lead to these.
-- name: mark_pointing
INSERT INTO due (workspace_id, node, what)
SELECT DISTINCT workspace_id, source, %(what)s::smallint FROM edges
WHERE target = ANY(%(nodes)s) AND method = ANY(%(methods)s)
ON CONFLICT (node) DO UPDATE SET what = due.what | excluded.what

-- Who holds features that have become more, or less, rare. Less rare makes no edge: then only those count who have one.
-- name: mark_holders
INSERT INTO due (workspace_id, node, what)
SELECT DISTINCT f.workspace_id, f.node, %(what)s::smallint
FROM jsonb_to_recordset(%(features)s::jsonb) AS c (kind smallint, key bigint, method smallint, rarer boolean)
JOIN features f ON f.workspace_id = %(workspace_id)s AND f.kind = c.kind AND f.key = c.key
WHERE c.rarer OR EXISTS (SELECT FROM edges e WHERE e.source = f.node AND e.method = c.method)
ON CONFLICT (node) DO UPDATE SET what = due.what | excluded.what

-- The memories right after each of these that hold the same feature: only they count it among their candidates.
-- name: mark_next_holders
INSERT INTO due (workspace_id, node, what)
SELECT DISTINCT %(workspace_id)s, n.node, %(what)s::smallint
FROM jsonb_to_recordset(%(features)s::jsonb) AS c (node bigint, kind smallint, key bigint)
JOIN memories m ON m.node = c.node
CROSS JOIN LATERAL (
    SELECT f.node FROM features f
    WHERE f.workspace_id = %(workspace_id)s AND f.kind = c.kind AND f.key = c.key
      AND (f.created_at, f.memory_id) > (m.created_at, m.memory_id)
    ORDER BY f.created_at, f.memory_id LIMIT %(limit)s) n
ON CONFLICT (node) DO UPDATE SET what = due.what | excluded.what

-- The memories stored right after each of these.
-- name: mark_next_in_time
INSERT INTO due (workspace_id, node, what)
SELECT DISTINCT %(workspace_id)s, n.node, %(what)s::smallint
FROM memories m
CROSS JOIN LATERAL (
    SELECT o.node FROM memories o
    WHERE o.workspace_id = m.workspace_id AND (o.created_at, o.memory_id) > (m.created_at, m.memory_id)
      AND o.created_at <= m.created_at + %(within)s
    ORDER BY o.created_at, o.memory_id LIMIT %(limit)s) n
WHERE m.node = ANY(%(nodes)s)
ON CONFLICT (node) DO UPDATE SET what = due.what | excluded.what

-- Narratives written since a memory is there that may have its title in them: they have all of its words.
-- name: mark_naming
INSERT INTO due (workspace_id, node, what)
SELECT DISTINCT %(workspace_id)s, o.node, %(what)s::smallint
FROM jsonb_to_recordset(%(titles)s::jsonb) AS t (node bigint, words bit(512))
JOIN memories m ON m.node = t.node
CROSS JOIN LATERAL (
    SELECT x.node FROM memories x
    WHERE x.workspace_id = %(workspace_id)s AND x.written_at >= m.created_at AND x.node <> m.node
      AND NOT x.node = ANY(%(except)s) AND x.words & t.words = t.words
    OFFSET 0) o -- one after the other: joined together, the whole table would be read
ON CONFLICT (node) DO UPDATE SET what = due.what | excluded.what

-- name: digest
SELECT m.memory_id, m.version, m.wrapped, m.told, v.node IS NOT NULL AS embedded
FROM memories m LEFT JOIN vectors v USING (node)
WHERE m.workspace_id = %(workspace_id)s ORDER BY m.memory_id
