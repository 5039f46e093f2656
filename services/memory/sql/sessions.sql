-- Sessions, observations and jobs. `generation` says which copy of the read model.

-- What never changes is written once; the rest as it is now.
-- name: put_sessions
INSERT INTO sessions (workspace_id, generation, session_id, namespace, project_mark, injected, status, started_at,
                      last_seen_at, ended_at, ended_by, observation_count, kinds, job_id, estimated_memories, version,
                      sealed)
SELECT %(workspace_id)s, %(generation)s, session_id, namespace, project_mark, injected, status, started_at,
       last_seen_at, ended_at, ended_by, observation_count, kinds, job_id, estimated_memories, version,
       decode(sealed, 'base64')
FROM jsonb_to_recordset(%(sessions)s::jsonb) AS s (
    session_id text, namespace text, project_mark text, injected jsonb, status text, started_at timestamptz,
    last_seen_at timestamptz, ended_at timestamptz, ended_by text, observation_count integer, kinds jsonb, job_id text,
    estimated_memories integer, version integer, sealed text)
ON CONFLICT (workspace_id, generation, session_id) DO UPDATE
SET status = excluded.status, last_seen_at = excluded.last_seen_at, ended_at = excluded.ended_at,
    ended_by = excluded.ended_by, sealed = excluded.sealed, observation_count = excluded.observation_count,
    kinds = excluded.kinds, job_id = excluded.job_id, estimated_memories = excluded.estimated_memories,
    version = excluded.version

-- What another batch of observations changes of a session.
-- name: touch_sessions
UPDATE sessions t
SET last_seen_at = s.last_seen_at, observation_count = s.observation_count, kinds = s.kinds, version = s.version
FROM jsonb_to_recordset(%(sessions)s::jsonb) AS s (
    session_id text, last_seen_at timestamptz, observation_count integer, kinds jsonb, version integer)
WHERE t.workspace_id = %(workspace_id)s AND t.generation = %(generation)s AND t.session_id = s.session_id

-- name: put_observations
INSERT INTO observations (workspace_id, generation, session_id, number, observation_id, kind, at, sealed)
SELECT %(workspace_id)s, %(generation)s, session_id, number, observation_id, kind, at, decode(sealed, 'base64')
FROM jsonb_to_recordset(%(observations)s::jsonb) AS o (
    session_id text, number integer, observation_id text, kind text, at timestamptz, sealed text)

-- name: put_jobs
INSERT INTO jobs (workspace_id, generation, job_id, kind, namespace, session_id, status, counts, memory_ids, attempts,
                  version, created_at, updated_at, day, document_id, sealed)
SELECT %(workspace_id)s, %(generation)s, job_id, kind, namespace, session_id, status, counts, memory_ids, attempts,
       version, created_at, updated_at, day, document_id, decode(sealed, 'base64')
FROM jsonb_to_recordset(%(jobs)s::jsonb) AS j (
    job_id text, kind text, namespace text, session_id text, status text, counts jsonb, memory_ids text[],
    attempts integer, version integer, created_at timestamptz, updated_at timestamptz, day date, document_id text,
    sealed text)
ON CONFLICT (workspace_id, generation, job_id) DO UPDATE
SET status = excluded.status, sealed = excluded.sealed, counts = excluded.counts,
    memory_ids = excluded.memory_ids, attempts = excluded.attempts, version = excluded.version,
    updated_at = excluded.updated_at

-- name: get_sessions
SELECT s.*, k.wrapped FROM sessions s
LEFT JOIN data_keys k ON k.workspace_id = s.workspace_id AND k.key_id = 'session:' || s.session_id
WHERE s.workspace_id = %(workspace_id)s AND session_id = ANY(%(session_ids)s)
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)

-- name: get_jobs
SELECT * FROM jobs
WHERE workspace_id = %(workspace_id)s AND job_id = ANY(%(job_ids)s)
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)

-- name: list_sessions
SELECT s.*, k.wrapped FROM sessions s
LEFT JOIN data_keys k ON k.workspace_id = s.workspace_id AND k.key_id = 'session:' || s.session_id
WHERE s.workspace_id = %(workspace_id)s
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND (%(readable)s::text[] IS NULL OR namespace = ANY(%(readable)s))
  AND (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(project_mark)s::text IS NULL OR project_mark = %(project_mark)s)
  AND (%(started_before)s::timestamptz IS NULL OR started_at < %(started_before)s)
ORDER BY started_at DESC, session_id
LIMIT %(limit)s OFFSET %(offset)s

-- name: list_jobs
SELECT * FROM jobs
WHERE workspace_id = %(workspace_id)s
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND (%(readable)s::text[] IS NULL OR namespace = ANY(%(readable)s))
  AND (%(status)s::text IS NULL OR status = %(status)s)
ORDER BY created_at DESC, job_id
LIMIT %(limit)s OFFSET %(offset)s

-- name: read_observations
SELECT number, observation_id, kind, at, sealed,
       (SELECT wrapped FROM data_keys
        WHERE workspace_id = %(workspace_id)s AND key_id = 'session:' || %(session_id)s) AS wrapped
FROM observations
WHERE workspace_id = %(workspace_id)s AND session_id = %(session_id)s AND number >= %(first)s
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
ORDER BY number LIMIT %(limit)s

-- name: all_session_ids
SELECT t.session_id AS id, (SELECT count(*) FROM observations o WHERE o.workspace_id = t.workspace_id
    AND o.generation = t.generation AND o.session_id = t.session_id)::integer AS observations
FROM sessions t JOIN heads h USING (workspace_id, generation)
WHERE t.workspace_id = %(workspace_id)s ORDER BY t.session_id

-- name: all_job_ids
SELECT j.job_id AS id FROM jobs j JOIN heads h USING (workspace_id, generation)
WHERE j.workspace_id = %(workspace_id)s ORDER BY j.job_id
