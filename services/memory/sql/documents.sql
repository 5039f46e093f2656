-- Documents and their bytes. `generation` says which copy of the read model; the bytes are in none.

-- What never changes is written once; the rest as it is now.
-- name: put_documents
INSERT INTO documents (workspace_id, generation, document_id, namespace, media_type, size, version, job_id, revision,
                       begun, stream_version, created_at, updated_at, chunk_count, section_count, part_count,
                       ready_version, ready_chunks, ready_sections, sealed)
SELECT %(workspace_id)s, %(generation)s, document_id, namespace, media_type, size, version, job_id, revision,
       begun, stream_version, created_at, updated_at, chunk_count, section_count, part_count,
       ready_version, ready_chunks, ready_sections, decode(sealed, 'base64')
FROM jsonb_to_recordset(%(documents)s::jsonb) AS d (
    document_id text, namespace text, media_type text, size integer, version integer, job_id text, revision integer,
    begun integer, stream_version integer, created_at timestamptz, updated_at timestamptz, chunk_count integer,
    section_count integer, part_count integer, ready_version integer, ready_chunks integer, ready_sections integer,
    sealed text)
ON CONFLICT (workspace_id, generation, document_id) DO UPDATE
SET media_type = excluded.media_type, size = excluded.size, sealed = excluded.sealed, version = excluded.version,
    job_id = excluded.job_id, revision = excluded.revision, begun = excluded.begun,
    stream_version = excluded.stream_version, created_at = excluded.created_at, updated_at = excluded.updated_at, chunk_count = excluded.chunk_count, section_count = excluded.section_count,
    part_count = excluded.part_count, ready_version = excluded.ready_version, ready_chunks = excluded.ready_chunks,
    ready_sections = excluded.ready_sections

-- name: put_content
INSERT INTO document_contents (workspace_id, document_id, version, part, content)
VALUES (%(workspace_id)s, %(document_id)s, %(version)s, %(part)s, %(content)b)

-- Of documents that are there, the bytes of versions that are neither the newest nor ready; of others, all.
-- name: prune_contents
DELETE FROM document_contents c
WHERE c.workspace_id = %(workspace_id)s AND c.document_id = ANY(%(document_ids)s)
  AND NOT EXISTS (
    SELECT FROM documents d
    WHERE d.workspace_id = c.workspace_id AND d.generation = %(generation)s AND d.document_id = c.document_id
      AND c.version IN (d.version, d.ready_version))

-- name: drop_documents
DELETE FROM documents
WHERE workspace_id = %(workspace_id)s AND generation = %(generation)s AND document_id = ANY(%(document_ids)s)

-- name: get_documents
SELECT d.*, k.wrapped FROM documents d
LEFT JOIN data_keys k ON k.workspace_id = d.workspace_id AND k.key_id = d.document_id
WHERE d.workspace_id = %(workspace_id)s AND document_id = ANY(%(document_ids)s)
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)

-- name: get_document_jobs
SELECT j.* FROM jobs j JOIN documents d USING (workspace_id, generation, job_id)
WHERE d.workspace_id = %(workspace_id)s AND d.document_id = ANY(%(document_ids)s)
  AND d.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)

-- name: list_documents
SELECT d.*, j.status AS job_status, k.wrapped
FROM documents d LEFT JOIN jobs j USING (workspace_id, generation, job_id)
LEFT JOIN data_keys k ON k.workspace_id = d.workspace_id AND k.key_id = d.document_id
WHERE d.workspace_id = %(workspace_id)s
  AND d.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND (%(document_id)s::text IS NULL OR d.document_id = %(document_id)s)
  AND (%(readable)s::text[] IS NULL OR d.namespace = ANY(%(readable)s))
ORDER BY d.created_at DESC, d.document_id
LIMIT %(limit)s OFFSET %(offset)s

-- name: read_content
SELECT content, k.wrapped, (SELECT count(*) FROM document_contents p
    WHERE p.workspace_id = c.workspace_id AND p.document_id = c.document_id AND p.version = c.version)::integer AS parts
FROM document_contents c LEFT JOIN data_keys k ON k.workspace_id = c.workspace_id AND k.key_id = c.document_id
WHERE c.workspace_id = %(workspace_id)s AND document_id = %(document_id)s AND version = %(version)s AND part = %(part)s

-- What verify compares with the log.
-- name: all_counts
SELECT d.document_id, v.version,
    (SELECT count(*) FROM chunks c WHERE c.workspace_id = d.workspace_id AND c.generation = d.generation
        AND c.document_id = d.document_id AND c.version = v.version)::integer AS chunks,
    (SELECT count(*) FROM sections s WHERE s.workspace_id = d.workspace_id AND s.generation = d.generation
        AND s.document_id = d.document_id AND s.version = v.version)::integer AS sections,
    (SELECT count(*) FROM document_contents p WHERE p.workspace_id = d.workspace_id
        AND p.document_id = d.document_id AND p.version = v.version AND v.version = d.version
        HAVING v.version = d.version)::integer AS parts
FROM documents d JOIN heads h USING (workspace_id, generation),
LATERAL (SELECT DISTINCT unnest(ARRAY[d.version, coalesce(d.ready_version, d.version)]) AS version) v
WHERE d.workspace_id = %(workspace_id)s ORDER BY d.document_id, v.version
