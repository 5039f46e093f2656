-- The statements of the write path, in the order in which a transaction uses them.

-- Locks the workspace until the commit; no row where there is no such workspace.
-- name: lock_head
SELECT h.seq, h.generation, h.memory_count, w.plan
FROM heads h JOIN workspaces w USING (workspace_id)
WHERE h.workspace_id = %(workspace_id)s
FOR UPDATE OF h

-- name: known_commands
SELECT i.command_id, i.attempt, i.fingerprint, i.status, i.entity_id, i.answer, i.decided_at, k.wrapped
FROM inbox i LEFT JOIN data_keys k ON k.workspace_id = i.workspace_id AND k.key_id = i.entity_id
WHERE i.workspace_id = %(workspace_id)s AND i.command_id = ANY(%(command_ids)s)

-- name: versions
SELECT stream, max(version) AS version FROM events
WHERE workspace_id = %(workspace_id)s AND stream = ANY(%(streams)s) GROUP BY stream

-- name: namespaces
SELECT namespace, status FROM namespaces WHERE workspace_id = %(workspace_id)s

-- name: deletions
SELECT entity, entity_id, version FROM deletions
WHERE workspace_id = %(workspace_id)s AND entity_id = ANY(%(entity_ids)s)

-- While it can still be seen in which namespaces it was; not where it was made in the same transaction.
-- name: ledger_deletions
INSERT INTO deletions (workspace_id, entity, entity_id, version, seq, deleted_at, namespaces)
SELECT %(workspace_id)s, d.*, CASE d.entity
    WHEN 'memory' THEN (
        SELECT ARRAY[m.namespace] FROM memories m
        WHERE m.workspace_id = h.workspace_id AND m.generation = h.generation AND m.memory_id = d.entity_id)
    WHEN 'relationship' THEN (
        SELECT ARRAY[s.namespace, t.namespace] FROM relationships r
        JOIN memories s ON s.workspace_id = r.workspace_id AND s.generation = r.generation AND s.memory_id = r.source
        JOIN memories t ON t.workspace_id = r.workspace_id AND t.generation = r.generation AND t.memory_id = r.target
        WHERE r.workspace_id = h.workspace_id AND r.generation = h.generation
          AND r.relationship_id = d.entity_id::uuid)
    WHEN 'document' THEN (
        SELECT ARRAY[o.namespace] FROM documents o
        WHERE o.workspace_id = h.workspace_id AND o.generation = h.generation AND o.document_id = d.entity_id)
    END
FROM unnest(%(entity)s::text[], %(entity_id)s::text[], %(version)s::integer[], %(seq)s::bigint[],
            %(deleted_at)s::timestamptz[]) d (entity, entity_id, version, seq, deleted_at)
JOIN heads h ON h.workspace_id = %(workspace_id)s
ON CONFLICT (workspace_id, entity_id) DO UPDATE
SET version = excluded.version, seq = excluded.seq, deleted_at = excluded.deleted_at, erased_at = NULL,
    namespaces = coalesce(excluded.namespaces, deletions.namespaces)

-- One JSON parameter instead of an array a column: a third of the client's work. Bytes travel as base64.
-- name: append_events
INSERT INTO events (workspace_id, seq, event_id, stream, version, revision, type, time, actor,
                    correlation_id, causation_id, traceparent, payload)
SELECT %(workspace_id)s, seq, event_id, stream, version, revision, type, time, actor,
       correlation_id, causation_id, traceparent, decode(payload, 'base64')
FROM jsonb_to_recordset(%(events)s::jsonb) AS e (
    seq bigint, event_id uuid, stream text, version integer, revision integer, type text, time timestamptz,
    actor text, correlation_id uuid, causation_id uuid, traceparent text, payload text)

-- name: advance_head
UPDATE heads SET seq = %(seq)s, memory_count = %(memory_count)s WHERE workspace_id = %(workspace_id)s

-- A command that was rejected may be sent again, and is then decided anew.
-- name: record_commands
INSERT INTO inbox (workspace_id, command_id, attempt, fingerprint, status, entity_id, answer, decided_at)
SELECT %(workspace_id)s, command_id, attempt, decode(fingerprint, 'base64'), status, entity_id,
       decode(answer, 'base64'), %(decided_at)s
FROM jsonb_to_recordset(%(commands)s::jsonb) AS c (
    command_id uuid, attempt uuid, fingerprint text, status text, entity_id text, answer text)
ON CONFLICT (workspace_id, command_id) DO UPDATE
SET attempt = excluded.attempt, fingerprint = excluded.fingerprint, status = excluded.status,
    entity_id = excluded.entity_id, answer = excluded.answer, decided_at = excluded.decided_at

-- name: add_head
INSERT INTO heads (workspace_id, seq, generation, memory_count, published_seq)
VALUES (%(workspace_id)s, 0, 1, 0, 0)
ON CONFLICT DO NOTHING

-- What follows takes the content of deleted memories, relationships and documents out of the log and out of the stored answers.

-- Only what came before the deletion: a relationship may have been made again since, in the same transaction.
-- name: erase_payloads
UPDATE events e SET payload = NULL
FROM unnest(%(entity_id)s::text[], %(seq)s::bigint[]) AS d (entity_id, seq)
WHERE e.workspace_id = %(workspace_id)s AND e.stream = d.entity_id AND e.seq < d.seq AND e.payload IS NOT NULL
  AND e.type NOT IN ('weft.memory.deleted.v1', 'weft.relationship.deleted.v1', 'weft.document.deleted.v1')

-- name: erase_answers
UPDATE inbox SET answer = NULL
WHERE workspace_id = %(workspace_id)s AND entity_id = ANY(%(entity_id)s) AND answer IS NOT NULL

-- What a deleted memory had brought to another, in the answers about that one.
-- name: answers_about
SELECT i.command_id, i.entity_id, i.answer, k.wrapped
FROM inbox i LEFT JOIN data_keys k ON k.workspace_id = i.workspace_id AND k.key_id = i.entity_id
WHERE i.workspace_id = %(workspace_id)s AND i.entity_id = ANY(%(entity_ids)s) AND i.answer IS NOT NULL

-- name: forget_answers
UPDATE inbox SET answer = NULL WHERE workspace_id = %(workspace_id)s AND command_id = ANY(%(command_ids)s)

-- What counts no more: it was said anew, and may name what has been deleted since, or is of an older version.
-- name: erase_said_before
WITH erased AS (
    UPDATE events e SET payload = NULL
    FROM jsonb_to_recordset(%(said)s::jsonb) AS s (entity_id text, seq bigint, type text, before integer)
    WHERE e.workspace_id = %(workspace_id)s AND e.stream = s.entity_id AND e.version < s.before
      AND e.type = s.type AND e.payload IS NOT NULL
    RETURNING e.stream, s.seq, s.type, s.before)
INSERT INTO said_anew (workspace_id, entity_id, seq, type, before)
SELECT DISTINCT %(workspace_id)s, stream, seq, type, before FROM erased
ON CONFLICT (workspace_id, entity_id) DO UPDATE SET seq = excluded.seq, before = excluded.before

-- name: usage_to_log
SELECT memory_id, unlogged_accesses, unlogged_retrievals, last_accessed_at
FROM usage
WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s
  AND (unlogged_accesses > 0 OR unlogged_retrievals > 0)
ORDER BY memory_id LIMIT %(limit)s
