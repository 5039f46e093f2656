-- Nightly work, as weft_memory_loops: what is to be asked for, what is to be done, and what came of it.

-- What a namespace has to do in the night of {day}, which began {at}; what was made since waits for the next.
-- Nothing is asked for twice, nor while an earlier night's job is still under way.
-- name: due_tonight
SELECT n.namespace, t.task
FROM namespaces n
JOIN heads h USING (workspace_id)
JOIN workspaces w USING (workspace_id)
CROSS JOIN unnest(%(tasks)s::text[]) AS t (task)
WHERE n.workspace_id = %(workspace_id)s AND n.status = 'active'
  AND NOT EXISTS (
      SELECT FROM jobs j
      WHERE j.workspace_id = n.workspace_id AND j.generation = h.generation AND j.namespace = n.namespace
        AND j.kind = t.task AND (j.day >= %(day)s OR j.status IN ('queued', 'running', 'waiting')))
  AND EXISTS (
      SELECT FROM memories m
      WHERE m.workspace_id = n.workspace_id AND m.generation = h.generation AND m.namespace = n.namespace
        AND m.created_at < %(at)s
        AND CASE t.task
            WHEN 'importance' THEN m.importance_score < %(pinned)s
            WHEN 'reclassification' THEN m.memory_type = 'general'
            WHEN 'retention' THEN m.importance_score < %(pinned)s AND coalesce(m.updated_at, m.created_at) < (
                SELECT p.expired_before FROM unnest(%(plans)s::text[], %(expired_before)s::timestamptz[])
                    AS p (plan, expired_before)
                WHERE p.plan = w.plan)
            -- An hour more than since the last time: the vectors of what was new then may not have been there yet.
            WHEN 'consolidation' THEN coalesce(m.updated_at, m.created_at) > (
                SELECT coalesce(max(j.created_at), '-infinity') - interval '1 hour' FROM jobs j
                WHERE j.workspace_id = n.workspace_id AND j.generation = h.generation AND j.namespace = n.namespace
                  AND j.kind = 'consolidation' AND j.status IN ('completed', 'empty'))
            END)
ORDER BY n.namespace, t.task

-- One of each workspace that has any, the oldest.
-- name: unfinished
SELECT DISTINCT ON (j.workspace_id) j.workspace_id, j.job_id, j.kind, j.namespace, j.day
FROM jobs j JOIN heads h USING (workspace_id, generation)
WHERE j.kind = ANY(%(kinds)s) AND j.status IN ('queued', 'running', 'waiting')
ORDER BY j.workspace_id, j.created_at, j.job_id

-- Those that may still move that day. A percentile is among the workspace's ranked memories; equals share the middle.
-- name: to_recalculate
SELECT memory_id, pagerank_percentile
FROM (
    SELECT m.memory_id, m.namespace, m.importance_score, m.recalculated_on,
           CASE WHEN d.pagerank_score IS NOT NULL THEN
               (percent_rank() OVER (PARTITION BY d.pagerank_score IS NULL ORDER BY d.pagerank_score)
                + 1 - percent_rank() OVER (PARTITION BY d.pagerank_score IS NULL ORDER BY d.pagerank_score DESC)) / 2
           END AS pagerank_percentile
    FROM memories m
    JOIN heads h USING (workspace_id, generation)
    LEFT JOIN derived d USING (workspace_id, memory_id)
    WHERE m.workspace_id = %(workspace_id)s) ranked
WHERE namespace = %(namespace)s AND importance_score < %(pinned)s
  AND (recalculated_on IS NULL OR recalculated_on < %(day)s)
ORDER BY memory_id

-- name: expired
SELECT m.memory_id
FROM memories m JOIN heads h USING (workspace_id, generation)
WHERE m.workspace_id = %(workspace_id)s AND m.namespace = %(namespace)s AND m.memory_id > %(after)s
  AND m.importance_score < %(pinned)s AND coalesce(m.updated_at, m.created_at) < %(before)s
ORDER BY m.memory_id LIMIT %(limit)s

-- As list_memories finds them (read_model.sql).
-- name: pruning_candidates
SELECT count(*)::integer AS candidates
FROM memories m
JOIN heads h USING (workspace_id, generation)
LEFT JOIN usage u USING (workspace_id, generation, memory_id)
WHERE m.workspace_id = %(workspace_id)s AND m.namespace = %(namespace)s AND m.consolidated_into IS NULL
  AND m.importance_score < %(importance_below)s AND m.created_at < %(made_before)s
  AND coalesce(u.last_accessed_at, m.created_at) < %(opened_before)s

-- What a job has done since it last said anything: since it began, however often it was begun.
-- name: done_by
SELECT count(*)::integer AS done FROM events
WHERE workspace_id = %(workspace_id)s AND type = %(type)s AND actor = %(actor)s
  AND seq > (SELECT max(seq) FROM events WHERE workspace_id = %(workspace_id)s AND stream = %(job_id)s)

-- name: every_namespace
SELECT workspace_id, array_agg(namespace ORDER BY namespace) AS namespaces
FROM namespaces WHERE status = 'active' GROUP BY workspace_id ORDER BY workspace_id
