-- Jobs and their steps.

-- Heard twice, or late, it changes nothing.
-- name: ask
INSERT INTO jobs (workspace_id, job_id, session_id, version, asked_at, due_at, cause, traceparent)
VALUES (%(workspace_id)s, %(job_id)s, %(session_id)s, %(version)s, %(asked_at)s, now(), %(cause)s, %(traceparent)s)
ON CONFLICT (workspace_id, job_id) DO UPDATE
SET version = excluded.version, asked_at = excluded.asked_at, due_at = now(), begun = 0, postponed = 0,
    cause = excluded.cause, traceparent = excluded.traceparent
WHERE jobs.version < excluded.version

-- name: begin
UPDATE jobs SET begun = begun + 1
WHERE workspace_id = %(workspace_id)s AND job_id = (
    SELECT job_id FROM jobs WHERE workspace_id = %(workspace_id)s AND due_at <= now()
    ORDER BY asked_at, job_id LIMIT 1
)
RETURNING job_id, session_id, version, begun, postponed, cause, traceparent

-- name: postpone
UPDATE jobs SET due_at = now() + make_interval(secs => %(delay_s)s), begun = 0, postponed = postponed + 1
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND version = %(version)s

-- Unless it was asked for once more meanwhile.
-- name: finish
UPDATE jobs SET due_at = NULL WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND version = %(version)s

-- Where there is nothing left of the job to be stored, nothing that was sealed for it is to be read any more.
-- name: forget_key
DELETE FROM data_keys
WHERE workspace_id = %(workspace_id)s AND key_id = %(job_id)s
  AND NOT EXISTS (
    SELECT FROM steps WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND learnt IS NOT NULL)
  AND NOT EXISTS (
    SELECT FROM answers WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND learnt IS NOT NULL)

-- Nothing where the job is gone: its workspace was deleted while it was under way.
-- name: plan
INSERT INTO steps (workspace_id, job_id, ordinal, learnt)
SELECT j.workspace_id, j.job_id, p.ordinal - 1, p.learnt
FROM jobs j, unnest(%(learnt)s::bytea[]) WITH ORDINALITY AS p (learnt, ordinal)
WHERE j.workspace_id = %(workspace_id)s AND j.job_id = %(job_id)s
FOR KEY SHARE OF j
ON CONFLICT DO NOTHING

-- name: steps
SELECT s.ordinal, s.learnt, s.outcome, s.memory_id, k.wrapped
FROM steps s LEFT JOIN data_keys k ON k.workspace_id = s.workspace_id AND k.key_id = s.job_id
WHERE s.workspace_id = %(workspace_id)s AND s.job_id = %(job_id)s ORDER BY s.ordinal

-- name: done
UPDATE steps SET learnt = NULL, outcome = %(outcome)s, memory_id = %(memory_id)s
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND ordinal = %(ordinal)s

-- name: remember_written
INSERT INTO written (workspace_id, memory_id, fingerprint)
VALUES (%(workspace_id)s, %(memory_id)s, %(fingerprint)s)
ON CONFLICT (workspace_id, memory_id) DO UPDATE SET fingerprint = excluded.fingerprint

-- name: written
SELECT fingerprint FROM written WHERE workspace_id = %(workspace_id)s AND memory_id = %(memory_id)s
