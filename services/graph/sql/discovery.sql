-- What the edges of memories are found from, and the edges. A memory's own edges lead to older ones; `nodes` are theirs.

-- What was written or embedded comes first, and by itself: who is only due because something has become less rare can wait.
-- name: take_due
SELECT d.node, d.what, m.memory_id, m.version, m.wrapped, CASE WHEN d.what & %(named)s > 0 THEN m.narrative END AS narrative
FROM due d JOIN memories m USING (node)
WHERE d.workspace_id = %(workspace_id)s AND (d.what = %(can_wait)s) = (
    SELECT first.what = %(can_wait)s FROM due first
    WHERE first.workspace_id = %(workspace_id)s ORDER BY first.what = %(can_wait)s LIMIT 1)
ORDER BY d.since, d.node LIMIT %(limit)s

-- name: done
DELETE FROM due WHERE node = ANY(%(nodes)s)

-- name: forget_due
DELETE FROM due WHERE workspace_id = %(workspace_id)s

-- Of the older holders of each feature that is not too common, the newest few.
-- name: shared
SELECT m.node AS source, o.node AS target, f.kind, array_agg(f.key) AS features, array_agg(h.count) AS holders,
       row_number() OVER (PARTITION BY m.node, f.kind ORDER BY o.created_at DESC, o.memory_id DESC) AS age_rank
FROM memories m
JOIN features f USING (node)
JOIN holders h ON h.workspace_id = %(workspace_id)s AND h.kind = f.kind AND h.key = f.key
              AND h.count BETWEEN 2 AND %(holders_max)s - 1
CROSS JOIN LATERAL (
    SELECT x.node, x.created_at, x.memory_id FROM features x
    WHERE x.workspace_id = %(workspace_id)s AND x.kind = f.kind AND x.key = f.key
      AND (x.created_at, x.memory_id) < (m.created_at, m.memory_id)
    ORDER BY x.created_at DESC, x.memory_id DESC LIMIT %(candidates_max)s) o
WHERE m.node = ANY(%(nodes)s) AND f.kind = ANY(%(kinds)s)
GROUP BY m.node, f.kind, o.node, o.created_at, o.memory_id

-- name: in_session
SELECT m.node AS source, array_agg(o.node ORDER BY o.created_at DESC, o.memory_id DESC) AS others
FROM memories m
JOIN features f ON f.node = m.node AND f.kind = %(session)s
CROSS JOIN LATERAL (
    SELECT x.node, x.created_at, x.memory_id FROM features x
    WHERE x.workspace_id = %(workspace_id)s AND x.kind = f.kind AND x.key = f.key
      AND (x.created_at, x.memory_id) < (m.created_at, m.memory_id)
    ORDER BY x.created_at DESC, x.memory_id DESC LIMIT %(limit)s) o
WHERE m.node = ANY(%(nodes)s)
GROUP BY m.node

-- name: right_before
SELECT m.node AS source, array_agg(o.node ORDER BY o.created_at DESC, o.memory_id DESC) AS others,
       array_agg(extract(epoch FROM m.created_at - o.created_at)::float8
                 ORDER BY o.created_at DESC, o.memory_id DESC) AS seconds
FROM memories m
CROSS JOIN LATERAL (
    SELECT x.node, x.created_at, x.memory_id FROM memories x
    WHERE x.workspace_id = %(workspace_id)s AND (x.created_at, x.memory_id) < (m.created_at, m.memory_id)
      AND x.created_at >= m.created_at - %(within)s
    ORDER BY x.created_at DESC, x.memory_id DESC LIMIT %(limit)s) o
WHERE m.node = ANY(%(nodes)s)
GROUP BY m.node

-- Which of these are the heads of titles. The planner is not shown how many there are: it would weigh them one by one.
-- name: heads
SELECT DISTINCT title_head FROM memories
WHERE workspace_id = %(workspace_id)s AND title_head = ANY((SELECT %(heads)s::bigint[])::bigint[])

-- Memories that were there when the text was last written, and whose title begins with words that stand in it, and has no
-- others. A text that has its own title in it names nobody: not another that is called the same.
-- name: titled
SELECT m.node AS source, o.node AS target, o.memory_id, o.version, o.wrapped, o.told
FROM unnest(%(nodes)s::bigint[], %(heads)s::bigint[]) AS h (node, head)
JOIN memories m ON m.node = h.node
CROSS JOIN LATERAL (
    SELECT x.node, x.memory_id, x.version, x.wrapped, x.told, x.created_at FROM memories x
    WHERE x.workspace_id = %(workspace_id)s AND x.title_head = h.head AND m.words & x.title_words = x.title_words
      AND x.created_at <= m.written_at AND x.node <> m.node AND x.title <> m.title
    ORDER BY x.created_at DESC, x.memory_id DESC LIMIT %(limit)s) o
ORDER BY o.created_at DESC, o.memory_id DESC

-- name: identified
SELECT m.node AS source, o.node AS target
FROM jsonb_to_recordset(%(ids)s::jsonb) AS i (node bigint, ids jsonb)
JOIN memories m ON m.node = i.node
CROSS JOIN LATERAL jsonb_array_elements_text(i.ids) AS word (memory_id)
JOIN memories o ON o.workspace_id = %(workspace_id)s AND o.memory_id = word.memory_id AND o.node <> m.node
ORDER BY o.created_at DESC, o.memory_id DESC

-- Vectors of how many memories are older, up to `limit`; one row for each of `nodes` that has one.
-- name: how_many_older
SELECT v.node, v.dimension, (
    SELECT count(*) FROM (
        SELECT FROM vectors x
        WHERE x.workspace_id = %(workspace_id)s AND (x.created_at, x.memory_id) < (v.created_at, v.memory_id)
        LIMIT %(limit)s) older) AS older
FROM vectors v WHERE v.node = ANY(%(nodes)s)

-- name: how_many_newer
SELECT v.node, v.dimension, (
    SELECT count(*) FROM (
        SELECT FROM vectors x
        WHERE x.workspace_id = %(workspace_id)s AND (x.created_at, x.memory_id) > (v.created_at, v.memory_id)
        LIMIT %(limit)s) newer) AS newer
FROM vectors v WHERE v.node = ANY(%(nodes)s)

-- name: how_many_others
SELECT v.node, v.dimension, (
    SELECT count(*) FROM (
        SELECT FROM vectors x WHERE x.workspace_id = %(workspace_id)s LIMIT %(limit)s) others) AS others
FROM vectors v WHERE v.node = ANY(%(nodes)s)

-- Those that are older than some memory which has looked for its nearest already. Who is still to look finds them.
-- name: missed
SELECT v.node FROM vectors v
WHERE v.node = ANY(%(nodes)s) AND (v.created_at, v.memory_id) < (
    SELECT s.created_at, s.memory_id FROM vectors s
    WHERE s.workspace_id = %(workspace_id)s
      AND NOT EXISTS (SELECT FROM due d WHERE d.node = s.node AND d.what & %(alike)s > 0)
    ORDER BY s.created_at DESC, s.memory_id DESC LIMIT 1)

-- One by one: nothing is lost, whatever else the table holds. {side} is one of three fixed texts (store/vectors.py).
-- name: nearest_exactly
SELECT v.node AS source, n.node AS target, n.cosine
FROM vectors v
CROSS JOIN LATERAL (
    SELECT x.node, x.created_at, x.memory_id, 1 - (x.embedding <=> v.embedding) AS cosine FROM vectors x
    WHERE x.workspace_id = %(workspace_id)s AND x.dimension = v.dimension AND x.model = v.model AND {side}
      AND (%(readable)s::text[] IS NULL OR x.namespace = ANY(%(readable)s))
    ORDER BY 1 - (x.embedding <=> v.embedding) DESC, x.created_at DESC, x.memory_id LIMIT %(limit)s) n
WHERE v.node = ANY(%(nodes)s) AND n.cosine >= %(threshold)s
ORDER BY v.node, n.cosine DESC, n.created_at DESC, n.memory_id

-- By the index of one {dimension}, which goes on until enough rows of this workspace were found (iterative scan).
-- name: nearest_by_index
SELECT v.node AS source, n.node AS target, n.cosine
FROM vectors v
CROSS JOIN LATERAL (
    SELECT x.node, x.created_at, x.memory_id, 1 - (x.embedding <=> v.embedding) AS cosine FROM vectors x
    WHERE x.workspace_id = %(workspace_id)s AND x.dimension = {dimension} AND x.model = v.model AND {side}
      AND (%(readable)s::text[] IS NULL OR x.namespace = ANY(%(readable)s))
    ORDER BY x.embedding::halfvec({dimension}) <=> v.embedding::halfvec({dimension}) LIMIT %(limit)s) n
WHERE v.node = ANY(%(nodes)s) AND n.cosine >= %(threshold)s
ORDER BY v.node, n.cosine DESC, n.created_at DESC, n.memory_id

-- name: with_twins
SELECT node, memory_id FROM memories m
WHERE workspace_id = %(workspace_id)s AND namespace = %(namespace)s AND memory_id > %(after)s
  AND EXISTS (
    SELECT FROM edges e WHERE e.method = %(near_duplicate)s AND (e.source = m.node OR e.target = m.node))
ORDER BY memory_id LIMIT %(limit)s

-- name: named
SELECT node, memory_id FROM memories WHERE node = ANY(%(nodes)s)

-- name: scan_on
SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', '64', true),
       set_config('hnsw.max_scan_tuples', '100000', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_sort', 'off', true)

-- name: withdraw
DELETE FROM edges e
WHERE e.source = ANY(%(nodes)s) AND e.method = ANY(%(methods)s)
  AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(%(edges)s::jsonb) AS n (source bigint, target bigint, method smallint)
    WHERE n.source = e.source AND n.target = e.target AND n.method = e.method)

-- name: put_edges
INSERT INTO edges (workspace_id, source, target, method, type, confidence, context, shared)
SELECT %(workspace_id)s, n.*
FROM jsonb_to_recordset(%(edges)s::jsonb) AS n (
    source bigint, target bigint, method smallint, type smallint, confidence real, context text, shared bigint[])
ON CONFLICT (source, target, type, method) DO UPDATE
SET confidence = excluded.confidence, context = excluded.context, shared = excluded.shared
WHERE (edges.confidence, edges.context, edges.shared)
      IS DISTINCT FROM (excluded.confidence, excluded.context, excluded.shared)

-- name: drop_made_of
DELETE FROM edges e USING memories m
WHERE m.workspace_id = %(workspace_id)s AND m.memory_id = %(memory_id)s
  AND e.method = %(manual)s AND m.node IN (e.source, e.target)

-- name: drop_made
DELETE FROM edges WHERE workspace_id = %(workspace_id)s AND method = %(manual)s

-- name: ends_of_made
SELECT s.memory_id FROM edges e JOIN memories s ON s.node = e.source
WHERE e.workspace_id = %(workspace_id)s AND e.made_as = ANY(%(relationship_ids)s)

-- Without what was said about them: memory has that.
-- name: put_made
INSERT INTO edges (workspace_id, source, target, method, type, confidence, made_as, made_at)
SELECT %(workspace_id)s, s.node, t.node, %(manual)s, n.type, n.confidence, n.made_as, n.made_at
FROM jsonb_to_recordset(%(edges)s::jsonb) AS n (
    source text, target text, type smallint, confidence real, made_as uuid, made_at timestamptz)
JOIN memories s ON s.workspace_id = %(workspace_id)s AND s.memory_id = n.source
JOIN memories t ON t.workspace_id = %(workspace_id)s AND t.memory_id = n.target
ON CONFLICT (source, target, type, method) DO UPDATE
SET confidence = excluded.confidence, made_at = excluded.made_at
