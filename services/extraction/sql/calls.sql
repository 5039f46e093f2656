-- Calls of a language model, and what came of its answers. A day begins at midnight UTC.

-- Calls for which nothing was generated cost nothing.
-- name: spent
SELECT count(*) AS calls, coalesce(sum(input_tokens + output_tokens), 0)::bigint AS tokens,
       extract(epoch FROM date_trunc('day', now() AT TIME ZONE 'UTC') + interval '1 day'
               - now() AT TIME ZONE 'UTC')::float8 AS day_left_s
FROM calls
WHERE workspace_id = %(workspace_id)s
  AND begun_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
  AND (outcome IS NULL OR outcome NOT IN ('unanswered', 'misconfigured'))

-- Since the job was asked for (last).
-- name: unshaped
SELECT count(*) AS calls FROM calls
WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND key = %(key)s AND version = %(version)s
  AND outcome = 'unshaped'

-- What calls cost since {since} (null: ever), as for a day's budget.
-- name: usage
SELECT count(*) AS calls, coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
       coalesce(sum(output_tokens), 0)::bigint AS output_tokens, sum(cost)::float8 AS cost
FROM calls
WHERE workspace_id = %(workspace_id)s AND (%(since)s::timestamptz IS NULL OR begun_at >= %(since)s)
  AND (outcome IS NULL OR outcome NOT IN ('unanswered', 'misconfigured'))

-- name: begin
INSERT INTO calls (workspace_id, job_id, version, session_id, document_id, cause, model, prompt_version, part, parts, key, input_tokens)
VALUES (%(workspace_id)s, %(job_id)s, %(version)s, %(session_id)s, %(document_id)s, %(cause)s, %(model)s,
        %(prompt_version)s, %(part)s, %(parts)s, %(key)s, %(input_tokens)s)
RETURNING call_id

-- name: end
UPDATE calls SET outcome = %(outcome)s, input_tokens = %(input_tokens)s, output_tokens = %(output_tokens)s,
    cost = %(cost)s, ended_at = clock_timestamp()
WHERE workspace_id = %(workspace_id)s AND call_id = %(call_id)s

-- Nothing where the job is gone: its workspace was deleted while the model was asked.
-- name: keep
INSERT INTO answers (workspace_id, job_id, key, learnt)
SELECT j.workspace_id, j.job_id, %(key)s, %(learnt)s::bytea FROM jobs j
WHERE j.workspace_id = %(workspace_id)s AND j.job_id = %(job_id)s
FOR KEY SHARE OF j
ON CONFLICT DO NOTHING

-- name: kept
SELECT a.learnt, k.wrapped
FROM answers a LEFT JOIN data_keys k ON k.workspace_id = a.workspace_id AND k.key_id = a.job_id
WHERE a.workspace_id = %(workspace_id)s AND a.job_id = %(job_id)s AND a.key = %(key)s

-- name: forget
DELETE FROM answers WHERE workspace_id = %(workspace_id)s AND job_id = %(job_id)s AND learnt IS NOT NULL
