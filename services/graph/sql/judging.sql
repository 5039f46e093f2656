-- Which pairs of memories a model is to be asked about, what it said, and how often it was asked.

-- name: expect
INSERT INTO to_judge (workspace_id, node, created_at)
SELECT workspace_id, node, created_at FROM memories WHERE node = ANY(%(nodes)s)
ON CONFLICT DO NOTHING

-- The newest first, those that the model did not answer last; without those whose nearest are being found anew.
-- name: take
SELECT t.node, t.faults FROM (
    SELECT node, faults, created_at FROM to_judge
    WHERE workspace_id = %(workspace_id)s ORDER BY faults, created_at DESC, node LIMIT %(limit)s) t
WHERE NOT EXISTS (SELECT FROM due d WHERE d.node = t.node AND d.what & %(alike)s <> 0)
ORDER BY t.faults, t.created_at DESC, t.node

-- Each with the older ones that it is like; `joined`: an edge says already what a model thought of the two.
-- name: candidates
SELECT e.source AS node, e.target AS other, e.confidence::float8 AS similarity,
       EXISTS (
           SELECT FROM edges j
           WHERE j.method = %(judgement)s
             AND (j.source = e.source AND j.target = e.target OR j.source = e.target AND j.target = e.source)) AS joined
FROM edges e
JOIN memories n ON n.node = e.source
JOIN memories o ON o.node = e.target AND o.namespace = n.namespace
WHERE e.source = ANY(%(nodes)s) AND e.method = %(similarity)s

-- name: said_of
SELECT j.one, j.other, j.said, s.memory_id AS source, s.wrapped AS source_key, t.memory_id AS target,
       t.wrapped AS target_key
FROM judged j JOIN memories s ON s.node = j.source JOIN memories t ON t.node = j.target
WHERE j.workspace_id = %(workspace_id)s
  AND (j.one, j.other) IN (SELECT * FROM unnest(%(ones)s::bigint[], %(others)s::bigint[]))

-- name: done
DELETE FROM to_judge WHERE node = ANY(%(nodes)s)

-- name: put_back
UPDATE to_judge t SET faults = least(t.faults + 1, 32000)
FROM memories m
WHERE m.node = t.node AND m.workspace_id = %(workspace_id)s AND m.memory_id = %(memory_id)s

-- name: notes
SELECT memory_id, version, wrapped, told, narrative, memory_type, created_at FROM memories
WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(memory_ids)s)

-- name: keys
SELECT memory_id, wrapped FROM memories WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(memory_ids)s)

-- name: told
SELECT node, memory_id, version, wrapped, told FROM memories WHERE node = ANY(%(nodes)s)

-- The budget. A day begins at midnight UTC.

-- name: asked_today
SELECT asked FROM workspaces
WHERE workspace_id = %(workspace_id)s AND asked_on = (now() AT TIME ZONE 'UTC')::date

-- name: reserve
UPDATE workspaces
SET asked = CASE WHEN asked_on = (now() AT TIME ZONE 'UTC')::date THEN asked ELSE 0 END + 1,
    asked_on = (now() AT TIME ZONE 'UTC')::date
WHERE workspace_id = %(workspace_id)s AND %(per_day)s > 0
  AND (asked_on IS DISTINCT FROM (now() AT TIME ZONE 'UTC')::date OR asked < %(per_day)s)
RETURNING asked_on

-- name: give_back
UPDATE workspaces SET asked = asked - 1 WHERE workspace_id = %(workspace_id)s AND asked_on = %(day)s AND asked > 0

-- What was said.

-- Of memories that are still there, whatever their texts are now; the lock as in ranks.sql: a workspace may end meanwhile.
-- name: note
INSERT INTO judged (workspace_id, one, other, source, target, said)
SELECT %(workspace_id)s, n.one, n.other, s.node, t.node, n.said
FROM jsonb_to_recordset(%(judgements)s::jsonb) AS n (
    one bigint, other bigint, source text, target text, said bytea)
JOIN memories s ON s.workspace_id = %(workspace_id)s AND s.memory_id = n.source
JOIN memories t ON t.workspace_id = %(workspace_id)s AND t.memory_id = n.target
FOR KEY SHARE OF s, t
ON CONFLICT DO NOTHING

-- Only between texts that are those that were judged.
-- name: join
INSERT INTO edges (workspace_id, source, target, method, type, confidence, said)
SELECT %(workspace_id)s, s.node, t.node, %(judgement)s, n.type, n.confidence, n.said
FROM jsonb_to_recordset(%(judgements)s::jsonb) AS n (
    source text, target text, source_content bigint, target_content bigint, type smallint, confidence real, said bytea)
JOIN memories s ON s.workspace_id = %(workspace_id)s AND s.memory_id = n.source AND s.content = n.source_content
JOIN memories t ON t.workspace_id = %(workspace_id)s AND t.memory_id = n.target AND t.content = n.target_content
WHERE n.type IS NOT NULL
FOR KEY SHARE OF s, t
ON CONFLICT (source, target, type, method) DO UPDATE SET confidence = excluded.confidence, said = excluded.said

-- name: joined
SELECT s.memory_id AS source, t.memory_id AS target, e.type
FROM edges e JOIN memories s ON s.node = e.source JOIN memories t ON t.node = e.target
WHERE e.workspace_id = %(workspace_id)s AND e.method = %(judgement)s

-- name: part
DELETE FROM edges e
USING jsonb_to_recordset(%(edges)s::jsonb) AS n (source text, target text, type smallint), memories s, memories t
WHERE s.workspace_id = %(workspace_id)s AND s.memory_id = n.source
  AND t.workspace_id = %(workspace_id)s AND t.memory_id = n.target
  AND e.source = s.node AND e.target = t.node AND e.type = n.type AND e.method = %(judgement)s
