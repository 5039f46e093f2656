-- Documents that are to be worked on.

-- Heard twice, or late, it changes nothing.
-- name: ask
INSERT INTO documents (workspace_id, job_id, document_id, version, document_version, namespace, is_pdf, size, cause,
                       asked_at, due_at, traceparent)
VALUES (%(workspace_id)s, %(job_id)s, %(document_id)s, %(version)s, %(document_version)s, %(namespace)s, %(is_pdf)s,
        %(size)s, %(cause)s, %(asked_at)s, now(), %(traceparent)s)
ON CONFLICT (workspace_id, job_id) DO UPDATE
SET version = excluded.version, asked_at = excluded.asked_at, due_at = now(), begun = 0, postponed = 0,
    cause = excluded.cause, traceparent = excluded.traceparent
WHERE documents.version < excluded.version

-- What is open already goes on, so that nothing is begun again and again.
-- name: due
SELECT job_id, document_id, version, document_version, namespace, is_pdf, size, cause, begun, postponed, traceparent
FROM documents
WHERE workspace_id = %(workspace_id)s AND is_pdf = %(is_pdf)s AND due_at <= now()
ORDER BY job_id IS NOT DISTINCT FROM %(open)s DESC, asked_at, job_id LIMIT 1

-- name: begin
UPDATE documents SET begun = begun + 1
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND version = %(version)s

-- name: postpone
UPDATE documents SET due_at = now() + make_interval(secs => %(delay_s)s), begun = 0, postponed = postponed + 1
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND version = %(version)s

-- Unless it was asked for once more meanwhile.
-- name: finish
UPDATE documents SET due_at = NULL
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND version = %(version)s

-- What a model answered goes with it, and the key of that.
-- name: forget
WITH gone AS (
    DELETE FROM documents
    WHERE workspace_id = %(workspace_id)s AND document_id = %(document_id)s AND version < %(version)s RETURNING job_id)
DELETE FROM data_keys WHERE workspace_id = %(workspace_id)s AND key_id IN (SELECT job_id FROM gone)

-- Whether the job is still there, which it then is until the commit.
-- name: hold
SELECT job_id FROM documents WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s FOR KEY SHARE

-- name: keep
INSERT INTO document_answers (workspace_id, job_id, key, found)
VALUES (%(workspace_id)s, %(job_id)s, %(key)s, %(found)s)
ON CONFLICT DO NOTHING

-- name: kept
SELECT a.found, k.wrapped
FROM document_answers a LEFT JOIN data_keys k ON k.workspace_id = a.workspace_id AND k.key_id = a.job_id
WHERE a.workspace_id = %(workspace_id)s AND a.job_id = %(job_id)s AND a.key = %(key)s

-- name: forget_answers
DELETE FROM document_answers WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s

-- name: forget_key
DELETE FROM data_keys WHERE workspace_id = %(workspace_id)s AND key_id = %(job_id)s
