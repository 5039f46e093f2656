-- What the loops do across workspaces, as weft_memory_loops.

-- name: lead
SELECT pg_try_advisory_lock(%(lock)s) AS leading

-- name: behind
SELECT workspace_id, published_seq FROM heads WHERE seq > published_seq ORDER BY workspace_id

-- name: backlog
SELECT count(*) AS workspaces, coalesce(sum(h.seq - h.published_seq), 0)::bigint AS events,
       coalesce(extract(epoch FROM now() - min(e.time)), 0)::float8 AS age_s
FROM heads h LEFT JOIN events e ON e.workspace_id = h.workspace_id AND e.seq = h.published_seq + 1
WHERE h.seq > h.published_seq

-- name: mark_published
UPDATE heads SET published_seq = %(seq)s WHERE workspace_id = %(workspace_id)s AND published_seq < %(seq)s

-- name: workspaces
SELECT workspace_id, memory_count FROM heads JOIN workspaces USING (workspace_id) ORDER BY workspace_id

-- name: libraries
SELECT d.workspace_id, count(*)::integer AS documents FROM documents d JOIN heads h USING (workspace_id, generation)
WHERE d.ready_version IS NOT NULL GROUP BY d.workspace_id ORDER BY d.workspace_id

-- name: with_unlogged_usage
SELECT DISTINCT u.workspace_id FROM usage u JOIN heads h USING (workspace_id, generation)
WHERE u.unlogged_accesses > 0 OR u.unlogged_retrievals > 0

-- Not those of archived namespaces: nobody can end them, and they go on where they were restored.
-- name: silent
SELECT s.workspace_id, s.session_id, s.namespace, s.last_seen_at
FROM sessions s JOIN heads h USING (workspace_id, generation)
JOIN namespaces n ON n.workspace_id = s.workspace_id AND n.namespace = s.namespace AND n.status = 'active'
WHERE s.status = 'active' AND s.last_seen_at < %(before)s
ORDER BY s.last_seen_at LIMIT %(limit)s

-- Only what the relay has passed: before that, the content may still be on its way out.
-- name: to_erase
SELECT d.workspace_id, d.entity, d.entity_id, d.seq, d.deleted_at FROM deletions d JOIN heads h USING (workspace_id)
WHERE d.erased_at IS NULL AND h.published_seq >= d.seq
ORDER BY d.deleted_at LIMIT %(limit)s

-- Not where it was made again and deleted again meanwhile: that deletion is still to be worked on.
-- name: mark_erased
UPDATE deletions SET erased_at = now()
WHERE workspace_id = %(workspace_id)s AND entity_id = %(entity_id)s AND seq = %(seq)s

-- name: erased_events
SELECT * FROM events
WHERE workspace_id = %(workspace_id)s AND stream = %(entity_id)s AND payload IS NULL ORDER BY seq

-- name: said_anew
SELECT s.* FROM said_anew s JOIN heads h USING (workspace_id)
WHERE h.published_seq >= s.seq ORDER BY s.workspace_id, s.entity_id LIMIT %(limit)s

-- name: said_before
SELECT * FROM events
WHERE workspace_id = %(workspace_id)s AND stream = %(entity_id)s AND seq < %(seq)s AND version < %(before)s
  AND payload IS NULL AND type = %(type)s
ORDER BY seq

-- name: forget_said_anew
DELETE FROM said_anew WHERE workspace_id = %(workspace_id)s AND entity_id = %(entity_id)s AND seq = %(seq)s

-- name: were_decided
SELECT command_id FROM inbox WHERE workspace_id = %(workspace_id)s AND command_id = ANY(%(command_ids)s)

-- A rank or a vector's status that was written while the deletion was being committed.
-- name: drop_derived
DELETE FROM derived WHERE workspace_id = %(workspace_id)s AND memory_id = %(memory_id)s

-- name: forget_commands
DELETE FROM inbox WHERE decided_at < %(before)s
