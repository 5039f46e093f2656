-- Workspaces that are deleted for good.

-- What must be gone at once: the workspace itself, its namespaces and keys, and from all reads whatever else there is.
-- name: remember
INSERT INTO deleted_workspaces (workspace_id, seq, deleted_at, deleted_by)
VALUES (%(workspace_id)s, %(seq)s, %(deleted_at)s, %(deleted_by)s)

-- No row of the read model is of this generation.
-- name: hide
UPDATE heads SET generation = 0, memory_count = 0 WHERE workspace_id = %(workspace_id)s

-- name: forget_keys
DELETE FROM keys WHERE workspace_id = %(workspace_id)s

-- name: forget_namespaces
DELETE FROM namespaces WHERE workspace_id = %(workspace_id)s

-- name: forget_webhooks
DELETE FROM webhooks WHERE workspace_id = %(workspace_id)s

-- name: forget_workspace
DELETE FROM workspaces WHERE workspace_id = %(workspace_id)s

-- name: is_deleted
SELECT TRUE AS deleted FROM deleted_workspaces WHERE workspace_id = %(workspace_id)s

-- Holds the workspace: until the commit it is not deleted.
-- name: hold
SELECT TRUE AS held FROM workspaces WHERE workspace_id = %(workspace_id)s FOR KEY SHARE

-- Something came late.
-- name: erase_again
UPDATE deleted_workspaces SET erased_at = NULL WHERE workspace_id = %(workspace_id)s

-- Not before the relay has said so: what it took from the log before that is on the streams by then. For a week they are
-- looked at every hour once more: a message that was on its way may have come, or have been parked.
-- name: to_erase
SELECT d.workspace_id, d.seq FROM deleted_workspaces d LEFT JOIN heads h USING (workspace_id)
WHERE (h.published_seq IS NULL OR h.published_seq >= d.seq)
  AND (d.erased_at IS NULL
       OR d.erased_at < now() - interval '1 hour' AND d.deleted_at > now() - interval '7 days')
ORDER BY d.erased_at NULLS FIRST LIMIT %(limit)s

-- name: forget_head
DELETE FROM heads WHERE workspace_id = %(workspace_id)s

-- What is append-only while its workspace is there, some of it at a time, as weft_memory_loops.
-- name: forget_events
DELETE FROM events WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM events WHERE workspace_id = %(workspace_id)s AND seq <> %(seq)s LIMIT %(limit)s))

-- name: forget_audit
DELETE FROM audit WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM audit WHERE workspace_id = %(workspace_id)s LIMIT %(limit)s))

-- name: forget_deletions
DELETE FROM deletions WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM deletions WHERE workspace_id = %(workspace_id)s LIMIT %(limit)s))

-- name: mark_erased
UPDATE deleted_workspaces SET erased_at = now() WHERE workspace_id = %(workspace_id)s
