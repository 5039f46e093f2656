-- Two copies of the read model side by side: the live one, and the one that a rebuild fills.

-- The number of the next copy; what an abandoned rebuild left under it goes first.
-- name: next_generation
SELECT generation + 1 AS generation FROM heads WHERE workspace_id = %(workspace_id)s

-- name: clear_memories
DELETE FROM memories WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_usage
DELETE FROM usage WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_relationships
DELETE FROM relationships WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_sessions
DELETE FROM sessions WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_observations
DELETE FROM observations WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_jobs
DELETE FROM jobs WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_documents
DELETE FROM documents WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_chunks
DELETE FROM chunks WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_sections
DELETE FROM sections WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_facts
DELETE FROM facts WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- name: clear_entities
DELETE FROM entities WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s

-- Counters that have not reached the log are in no event: the live copy hands them on.
-- name: carry_unlogged_usage
INSERT INTO usage (workspace_id, generation, memory_id, access_count, retrieval_count, last_accessed_at,
                   unlogged_accesses, unlogged_retrievals)
SELECT u.workspace_id, %(generation)s, u.memory_id, u.unlogged_accesses, u.unlogged_retrievals, u.last_accessed_at,
       u.unlogged_accesses, u.unlogged_retrievals
FROM usage u JOIN heads h USING (workspace_id, generation)
WHERE u.workspace_id = %(workspace_id)s AND (u.unlogged_accesses > 0 OR u.unlogged_retrievals > 0)
ON CONFLICT (workspace_id, generation, memory_id) DO UPDATE
SET access_count = usage.access_count + excluded.unlogged_accesses,
    retrieval_count = usage.retrieval_count + excluded.unlogged_retrievals,
    last_accessed_at = excluded.last_accessed_at,
    unlogged_accesses = excluded.unlogged_accesses,
    unlogged_retrievals = excluded.unlogged_retrievals

-- name: switch
UPDATE heads SET generation = %(generation)s, memory_count = %(memory_count)s WHERE workspace_id = %(workspace_id)s

-- name: drop_other_memories
DELETE FROM memories WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_usage
DELETE FROM usage WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_relationships
DELETE FROM relationships WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_sessions
DELETE FROM sessions WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_observations
DELETE FROM observations WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_jobs
DELETE FROM jobs WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_documents
DELETE FROM documents WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_chunks
DELETE FROM chunks WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_sections
DELETE FROM sections WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_facts
DELETE FROM facts WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: drop_other_entities
DELETE FROM entities WHERE workspace_id = %(workspace_id)s AND generation <> %(generation)s

-- name: all_memory_ids
SELECT m.memory_id FROM memories m JOIN heads h USING (workspace_id, generation)
WHERE m.workspace_id = %(workspace_id)s ORDER BY m.memory_id
