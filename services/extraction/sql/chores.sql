-- Nightly work and its orders.

-- Heard twice, or late, it changes nothing; queued again, it is looked at anew what there is to order.
-- name: ask
WITH asked AS (
    INSERT INTO chores (workspace_id, job_id, kind, namespace, version, asked_at, due_at)
    VALUES (%(workspace_id)s, %(job_id)s, %(kind)s, %(namespace)s, %(version)s, %(asked_at)s, now())
    ON CONFLICT (workspace_id, job_id) DO UPDATE
    SET version = excluded.version, asked_at = excluded.asked_at, due_at = now(), begun = 0, postponed = 0, found = NULL
    WHERE chores.version < excluded.version
    RETURNING job_id)
DELETE FROM chore_orders o USING asked a WHERE o.workspace_id = %(workspace_id)s AND o.job_id = a.job_id

-- name: begin
UPDATE chores SET begun = begun + 1
WHERE workspace_id = %(workspace_id)s AND job_id = (
    SELECT job_id FROM chores WHERE workspace_id = %(workspace_id)s AND due_at <= now()
    ORDER BY asked_at, job_id LIMIT 1
)
RETURNING job_id, kind, namespace, version, begun, postponed, found

-- name: postpone
UPDATE chores SET due_at = now() + make_interval(secs => %(delay_s)s), begun = 0, postponed = postponed + 1
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND version = %(version)s

-- Unless it was queued once more meanwhile.
-- name: finish
UPDATE chores SET due_at = NULL
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND version = %(version)s

-- name: plan
UPDATE chores SET found = %(found)s::jsonb
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND version = %(version)s AND found IS NULL
RETURNING job_id

-- name: put_orders
INSERT INTO chore_orders (workspace_id, job_id, ordinal, wanted)
SELECT %(workspace_id)s, %(job_id)s, w.ordinal - 1, w.wanted
FROM jsonb_array_elements(%(wanted)s::jsonb) WITH ORDINALITY AS w (wanted, ordinal)

-- name: orders
SELECT ordinal, wanted, outcome FROM chore_orders
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s ORDER BY ordinal

-- name: done
UPDATE chore_orders SET outcome = %(outcome)s
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND ordinal = %(ordinal)s

-- name: looked_at
SELECT memory_id, content_hash FROM looked_at
WHERE workspace_id = %(workspace_id)s AND memory_id = ANY(%(memory_ids)s)

-- name: note_looked_at
INSERT INTO looked_at (workspace_id, namespace, memory_id, content_hash)
SELECT %(workspace_id)s, %(namespace)s, l.*
FROM unnest(%(memory_ids)s::text[], %(content_hashes)s::bytea[]) AS l (memory_id, content_hash)
ON CONFLICT (workspace_id, memory_id) DO UPDATE SET content_hash = excluded.content_hash

-- Those that are not there, or not `general`, any more.
-- name: forget_looked_at
DELETE FROM looked_at
WHERE workspace_id = %(workspace_id)s AND namespace = %(namespace)s AND memory_id <> ALL(%(memory_ids)s)
