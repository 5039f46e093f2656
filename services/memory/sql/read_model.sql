-- The read model: what a projection writes, and what a query reads. `generation` says which of its copies. Content is
-- in `sealed`, and `wrapped` is the key to it; content_mark says whether two texts are the same.

-- name: put_memories
INSERT INTO memories (workspace_id, generation, memory_id, namespace, memory_type, importance_score, confidence_score,
                      content_mark, revision, version, created_at, updated_at, by_hand, feedback_positive_count,
                      feedback_negative_count, given_importance, recalculated_on, consolidated_from, consolidated_into,
                      apart, sealed)
SELECT %(workspace_id)s, %(generation)s, memory_id, namespace, memory_type, importance_score, confidence_score,
       content_mark, revision, version, created_at, updated_at, by_hand, feedback_positive_count,
       feedback_negative_count, given_importance, recalculated_on, consolidated_from, consolidated_into,
       apart, decode(sealed, 'base64')
FROM jsonb_to_recordset(%(memories)s::jsonb) AS m (
    memory_id text, namespace text, memory_type text, importance_score double precision,
    confidence_score double precision, content_mark text, revision integer, version integer, created_at timestamptz,
    updated_at timestamptz, by_hand boolean, feedback_positive_count integer, feedback_negative_count integer,
    given_importance double precision, recalculated_on date, consolidated_from text[], consolidated_into text,
    apart boolean, sealed text)
ON CONFLICT (workspace_id, generation, memory_id) DO UPDATE
SET memory_type = excluded.memory_type, sealed = excluded.sealed,
    importance_score = excluded.importance_score, confidence_score = excluded.confidence_score,
    content_mark = excluded.content_mark, revision = excluded.revision, version = excluded.version,
    updated_at = excluded.updated_at, by_hand = excluded.by_hand,
    feedback_positive_count = excluded.feedback_positive_count,
    feedback_negative_count = excluded.feedback_negative_count,
    given_importance = excluded.given_importance, recalculated_on = excluded.recalculated_on,
    consolidated_from = excluded.consolidated_from, consolidated_into = excluded.consolidated_into,
    apart = excluded.apart

-- name: drop_memories
DELETE FROM memories
WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s AND memory_id = ANY(%(memory_ids)s)

-- name: drop_usage
DELETE FROM usage
WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s AND memory_id = ANY(%(memory_ids)s)

-- name: drop_derived
DELETE FROM derived WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(memory_ids)s)

-- name: put_usage
INSERT INTO usage (workspace_id, generation, memory_id, access_count, retrieval_count, last_accessed_at,
                   unlogged_accesses, unlogged_retrievals)
SELECT %(workspace_id)s, %(generation)s, u.*
FROM jsonb_to_recordset(%(usage)s::jsonb) AS u (
    memory_id text, access_count integer, retrieval_count integer, last_accessed_at timestamptz,
    unlogged_accesses integer, unlogged_retrievals integer)
ON CONFLICT (workspace_id, generation, memory_id) DO UPDATE
SET access_count = excluded.access_count, retrieval_count = excluded.retrieval_count,
    last_accessed_at = excluded.last_accessed_at, unlogged_accesses = excluded.unlogged_accesses,
    unlogged_retrievals = excluded.unlogged_retrievals

-- name: put_embedding_status
INSERT INTO derived (workspace_id, memory_id, content_mark, embedding_status)
SELECT %(workspace_id)s, d.*
FROM unnest(%(memory_id)s::text[], %(content_mark)s::text[], %(status)s::text[]) AS d (memory_id, content_mark, status)
WHERE NOT EXISTS (
    SELECT FROM deletions x WHERE x.workspace_id = %(workspace_id)s AND x.entity_id = d.memory_id)
ON CONFLICT (workspace_id, memory_id) DO UPDATE
SET content_mark = excluded.content_mark, embedding_status = excluded.embedding_status

-- What this part, or a part that is no more, named before and is not named now, has no rank.
-- name: put_ranks
WITH forgotten AS (
    UPDATE derived SET pagerank_score = NULL, sealed_label = NULL, rank_part = NULL
    WHERE workspace_id = %(workspace_id)s AND (rank_part = %(part)s OR rank_part >= %(parts)s)
      AND memory_id <> ALL(%(memory_id)s::text[]))
INSERT INTO derived (workspace_id, memory_id, pagerank_score, sealed_label, rank_part)
SELECT %(workspace_id)s, r.memory_id, r.pagerank_score, r.sealed_label, %(part)s
FROM unnest(%(memory_id)s::text[], %(pagerank_score)s::double precision[], %(sealed_label)s::bytea[])
    AS r (memory_id, pagerank_score, sealed_label)
WHERE NOT EXISTS (
    SELECT FROM deletions x WHERE x.workspace_id = %(workspace_id)s AND x.entity_id = r.memory_id)
ON CONFLICT (workspace_id, memory_id) DO UPDATE
SET pagerank_score = excluded.pagerank_score, sealed_label = excluded.sealed_label,
    rank_part = excluded.rank_part

-- name: get_nodes
SELECT m.memory_id, m.version, m.sealed, k.wrapped, m.memory_type, m.importance_score, d.pagerank_score, d.sealed_label
FROM memories m
JOIN heads h ON h.workspace_id = m.workspace_id AND h.generation = m.generation
LEFT JOIN derived d ON d.workspace_id = m.workspace_id AND d.memory_id = m.memory_id
LEFT JOIN data_keys k ON k.workspace_id = m.workspace_id AND k.key_id = m.memory_id
WHERE m.workspace_id = %(workspace_id)s AND m.memory_id = ANY(%(memory_ids)s) AND m.namespace = ANY(%(readable)s)
  AND (%(consolidated)s OR m.consolidated_into IS NULL)

-- name: get_memories
SELECT m.*, k.wrapped, coalesce(u.access_count, 0) AS access_count, coalesce(u.retrieval_count, 0) AS retrieval_count,
       u.last_accessed_at, coalesce(u.unlogged_accesses, 0) AS unlogged_accesses,
       coalesce(u.unlogged_retrievals, 0) AS unlogged_retrievals,
       CASE WHEN d.content_mark = m.content_mark THEN d.embedding_status ELSE 'pending' END AS embedding_status,
       d.pagerank_score, d.sealed_label
FROM memories m
JOIN heads h ON h.workspace_id = m.workspace_id AND h.generation = m.generation
LEFT JOIN usage u ON u.workspace_id = m.workspace_id AND u.generation = m.generation AND u.memory_id = m.memory_id
LEFT JOIN derived d ON d.workspace_id = m.workspace_id AND d.memory_id = m.memory_id
LEFT JOIN data_keys k ON k.workspace_id = m.workspace_id AND k.key_id = m.memory_id
WHERE m.workspace_id = %(workspace_id)s AND m.memory_id = ANY(%(memory_ids)s)

-- {order} is one of eight fixed texts (store/memories.py), never input.
-- name: list_memories
SELECT m.*, k.wrapped, coalesce(u.access_count, 0) AS access_count, coalesce(u.retrieval_count, 0) AS retrieval_count,
       u.last_accessed_at, coalesce(u.unlogged_accesses, 0) AS unlogged_accesses,
       coalesce(u.unlogged_retrievals, 0) AS unlogged_retrievals,
       CASE WHEN d.content_mark = m.content_mark THEN d.embedding_status ELSE 'pending' END AS embedding_status,
       d.pagerank_score, d.sealed_label
FROM memories m
LEFT JOIN usage u ON u.workspace_id = m.workspace_id AND u.generation = m.generation AND u.memory_id = m.memory_id
LEFT JOIN derived d ON d.workspace_id = m.workspace_id AND d.memory_id = m.memory_id
LEFT JOIN data_keys k ON k.workspace_id = m.workspace_id AND k.key_id = m.memory_id
WHERE m.workspace_id = %(workspace_id)s
  AND m.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND m.namespace = ANY(%(readable)s)
  AND (%(memory_type)s::text IS NULL OR m.memory_type = %(memory_type)s)
  AND (%(consolidated)s OR m.consolidated_into IS NULL)
  AND (NOT %(pruning)s OR (
        m.importance_score < %(pruning_importance)s
        AND m.created_at < %(retained_since)s
        AND coalesce(u.last_accessed_at, m.created_at) < %(accessed_since)s))
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s

-- name: get_workspace
SELECT w.workspace_id, w.name, w.plan, w.created_at, h.memory_count
FROM workspaces w JOIN heads h USING (workspace_id) WHERE w.workspace_id = %(workspace_id)s

-- name: get_command
SELECT i.command_id, i.status, i.entity_id, i.answer, k.wrapped
FROM inbox i LEFT JOIN data_keys k ON k.workspace_id = i.workspace_id AND k.key_id = i.entity_id
WHERE i.workspace_id = %(workspace_id)s AND i.command_id = %(command_id)s

-- Events of some kinds about some memories, in order; not those that were erased.
-- name: read_streams
SELECT e.workspace_id, e.seq, e.event_id, e.stream, e.version, e.revision, e.type, e.time, e.actor, e.correlation_id,
       e.causation_id, e.traceparent, e.payload, k.wrapped
FROM events e LEFT JOIN data_keys k ON k.workspace_id = e.workspace_id AND k.key_id = e.stream
WHERE e.workspace_id = %(workspace_id)s AND e.stream = ANY(%(streams)s) AND e.type = ANY(%(types)s)
  AND e.payload IS NOT NULL
ORDER BY e.seq

-- As many as fit into so many bytes, and at least one: a batch of observations may have a megabyte. With a workspace goes
-- the key of all payloads but the last one's.
-- name: read_log
SELECT b.workspace_id, seq, event_id, stream, version, revision, type, time, actor, correlation_id, causation_id,
       traceparent, k.wrapped,
       CASE WHEN type = 'weft.workspace.deleted.v1' OR NOT EXISTS (
           SELECT FROM deleted_workspaces WHERE workspace_id = %(workspace_id)s) THEN payload END AS payload
FROM (
    SELECT e.*, sum(coalesce(octet_length(e.payload), 0)) OVER (ORDER BY e.seq) AS bytes_so_far,
           row_number() OVER (ORDER BY e.seq) AS number
    FROM (
        SELECT * FROM events
        WHERE workspace_id = %(workspace_id)s AND seq > %(after_seq)s ORDER BY seq LIMIT %(limit)s) e) b
LEFT JOIN data_keys k ON k.workspace_id = b.workspace_id AND k.key_id = b.stream
WHERE bytes_so_far <= %(bytes_max)s OR number = 1
ORDER BY seq
