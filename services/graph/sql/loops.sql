-- What the loops learn across workspaces, as weft_graph_loops: only which have work.

-- name: with_due
SELECT DISTINCT workspace_id FROM due ORDER BY workspace_id

-- name: to_analyse
SELECT workspace_id, changed FROM workspaces WHERE changed <> analysed ORDER BY workspace_id

-- name: counts
SELECT workspace_id, memory_count FROM workspaces ORDER BY workspace_id
