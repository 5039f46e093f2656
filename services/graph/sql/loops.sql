-- What the loops learn across workspaces, as weft_graph_loops: only which have work.

-- name: with_due
SELECT DISTINCT workspace_id FROM due ORDER BY workspace_id

-- One look into the index a workspace, however much is waiting there. Where the day's calls are used up, all waits.
-- name: with_to_judge
SELECT w.workspace_id FROM workspaces w
WHERE (w.asked_on IS DISTINCT FROM (now() AT TIME ZONE 'UTC')::date OR w.asked < %(per_day)s)
  AND EXISTS (SELECT FROM to_judge t WHERE t.workspace_id = w.workspace_id)
ORDER BY w.workspace_id

-- name: to_analyse
SELECT workspace_id, changed FROM workspaces WHERE changed <> analysed ORDER BY workspace_id

-- All of which there is anything.
-- name: workspaces
SELECT workspace_id FROM workspaces UNION SELECT workspace_id FROM workspace_keys

-- name: whole
SELECT workspace_id FROM workspaces WHERE memory_count > 0 AND NOT to_rebuild
