-- What the loop learns across workspaces, as weft_extraction_loops: only which have work.

-- Whoever has it keeps it until it is given back, or the connection ends.
-- name: lease
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0)) AS ours

-- name: give_back
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0))

-- name: with_due
SELECT DISTINCT workspace_id FROM jobs WHERE due_at <= now() ORDER BY workspace_id

-- All of which there is anything.
-- name: workspaces
SELECT workspace_id FROM jobs UNION SELECT workspace_id FROM chores UNION SELECT workspace_id FROM calls
UNION SELECT workspace_id FROM workspace_keys

-- name: with_chores
SELECT DISTINCT workspace_id FROM chores WHERE due_at <= now() ORDER BY workspace_id

-- name: with_documents
SELECT DISTINCT workspace_id FROM documents WHERE is_pdf = %(is_pdf)s AND due_at <= now() ORDER BY workspace_id
