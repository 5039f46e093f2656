-- What is made of documents: chunks, sections, facts, entities. `generation` says which copy of the read model.

-- name: put_chunks
INSERT INTO chunks (workspace_id, generation, document_id, version, index, chunk_id, begins, ends, section_id, page,
                    sealed)
SELECT %(workspace_id)s, %(generation)s, document_id, version, index, chunk_id, "start", "end", section_id, page,
       decode(sealed, 'base64')
FROM jsonb_to_recordset(%(chunks)s::jsonb) AS c (
    document_id text, version integer, index integer, chunk_id text, "start" integer, "end" integer, section_id text,
    page integer, sealed text)

-- name: put_sections
INSERT INTO sections (workspace_id, generation, document_id, version, number, section_id, parent_id, level,
                      first_chunk, last_chunk, sealed)
SELECT %(workspace_id)s, %(generation)s, document_id, version, number, section_id, parent_id, level, first_chunk,
       last_chunk, decode(sealed, 'base64')
FROM jsonb_to_recordset(%(sections)s::jsonb) AS s (
    document_id text, version integer, number integer, section_id text, parent_id text, level integer,
    first_chunk integer, last_chunk integer, sealed text)

-- name: put_facts
INSERT INTO facts (workspace_id, generation, document_id, version, part, number, fact_id, kind, confidence, chunk_id,
                   created_at, sealed)
SELECT %(workspace_id)s, %(generation)s, document_id, version, part, number, fact_id, kind, confidence, chunk_id,
       created_at, decode(sealed, 'base64')
FROM jsonb_to_recordset(%(facts)s::jsonb) AS f (
    document_id text, version integer, part integer, number integer, fact_id text, kind text,
    confidence double precision, chunk_id text, created_at timestamptz, sealed text)

-- name: put_entities
INSERT INTO entities (workspace_id, generation, document_id, version, part, number, entity_id, kind, mentions,
                      chunk_ids, sealed)
SELECT %(workspace_id)s, %(generation)s, document_id, version, part, number, entity_id, kind, mentions, chunk_ids,
       decode(sealed, 'base64')
FROM jsonb_to_recordset(%(entities)s::jsonb) AS e (
    document_id text, version integer, part integer, number integer, entity_id text, kind text, mentions integer,
    chunk_ids text[], sealed text)

-- What follows drops what is kept no longer: of documents that are there, the chunks and sections of versions that are
-- neither the newest nor ready; of those that are not, everything.

-- name: prune_chunks
DELETE FROM chunks c
WHERE c.workspace_id = %(workspace_id)s AND c.generation = %(generation)s
  AND c.document_id = ANY(%(document_ids)s)
  AND NOT EXISTS (
    SELECT FROM documents d
    WHERE d.workspace_id = c.workspace_id AND d.generation = c.generation AND d.document_id = c.document_id
      AND c.version IN (d.version, d.ready_version))

-- name: prune_sections
DELETE FROM sections s
WHERE s.workspace_id = %(workspace_id)s AND s.generation = %(generation)s
  AND s.document_id = ANY(%(document_ids)s)
  AND NOT EXISTS (
    SELECT FROM documents d
    WHERE d.workspace_id = s.workspace_id AND d.generation = s.generation AND d.document_id = s.document_id
      AND s.version IN (d.version, d.ready_version))

-- name: prune_facts
DELETE FROM facts f
WHERE f.workspace_id = %(workspace_id)s AND f.generation = %(generation)s
  AND f.document_id = ANY(%(document_ids)s)
  AND NOT EXISTS (
    SELECT FROM documents d
    WHERE d.workspace_id = f.workspace_id AND d.generation = f.generation AND d.document_id = f.document_id)

-- name: prune_entities
DELETE FROM entities e
WHERE e.workspace_id = %(workspace_id)s AND e.generation = %(generation)s
  AND e.document_id = ANY(%(document_ids)s)
  AND NOT EXISTS (
    SELECT FROM documents d
    WHERE d.workspace_id = e.workspace_id AND d.generation = e.generation AND d.document_id = e.document_id)

-- A document's chunks are numbered without a gap, so a page is a range.
-- name: list_chunks
SELECT c.*, k.wrapped FROM chunks c JOIN documents d USING (workspace_id, generation, document_id)
LEFT JOIN data_keys k ON k.workspace_id = c.workspace_id AND k.key_id = c.document_id
WHERE c.workspace_id = %(workspace_id)s AND c.document_id = %(document_id)s AND c.version = d.ready_version
  AND c.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND c.index >= %(offset)s AND c.index < %(offset)s + %(limit)s
ORDER BY c.index

-- name: list_sections
SELECT s.*, k.wrapped FROM sections s JOIN documents d USING (workspace_id, generation, document_id)
LEFT JOIN data_keys k ON k.workspace_id = s.workspace_id AND k.key_id = s.document_id
WHERE s.workspace_id = %(workspace_id)s AND s.document_id = %(document_id)s AND s.version = d.ready_version
  AND s.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
ORDER BY s.number

-- Each with the sections that it stands in, the outermost first: what is sealed of them, and their numbers.
-- name: get_chunks
WITH RECURSIVE found AS (
    SELECT c.*, d.namespace, d.sealed AS sealed_document, d.stream_version, d.media_type,
           d.ready_chunks AS chunk_count, d.created_at, k.wrapped
    FROM chunks c JOIN documents d USING (workspace_id, generation, document_id)
    LEFT JOIN data_keys k ON k.workspace_id = c.workspace_id AND k.key_id = c.document_id
    WHERE c.workspace_id = %(workspace_id)s AND c.chunk_id = ANY(%(chunk_ids)s) AND c.version = d.ready_version
      AND c.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
      AND (%(readable)s::text[] IS NULL OR d.namespace = ANY(%(readable)s))
), path AS (
    SELECT s.section_id, s.parent_id, s.generation, ARRAY[s.sealed] AS titles, ARRAY[s.number] AS numbers
    FROM (SELECT DISTINCT workspace_id, generation, section_id FROM found) f
    JOIN sections s USING (workspace_id, generation, section_id)
    UNION ALL
    SELECT p.section_id, s.parent_id, p.generation, s.sealed || p.titles, s.number || p.numbers
    FROM path p JOIN sections s
      ON s.workspace_id = %(workspace_id)s AND s.generation = p.generation AND s.section_id = p.parent_id
)
SELECT f.*, coalesce(p.titles, '{}') AS titles, coalesce(p.numbers, '{}') AS numbers
FROM found f LEFT JOIN path p ON p.section_id = f.section_id AND p.parent_id IS NULL

-- name: list_facts
SELECT f.*, d.namespace, k.wrapped FROM facts f JOIN documents d USING (workspace_id, generation, document_id)
LEFT JOIN data_keys k ON k.workspace_id = f.workspace_id AND k.key_id = f.document_id
WHERE f.workspace_id = %(workspace_id)s
  AND f.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND (%(readable)s::text[] IS NULL OR d.namespace = ANY(%(readable)s))
  AND (%(document_id)s::text IS NULL OR f.document_id = %(document_id)s)
  AND (%(kind)s::text IS NULL OR f.kind = %(kind)s)
  AND (%(chunk_ids)s::text[] IS NULL OR f.chunk_id = ANY(%(chunk_ids)s))
  AND (f.version = d.ready_version OR (NOT %(latest_only)s AND f.version < d.ready_version))
ORDER BY d.created_at DESC, d.document_id, f.version DESC, f.part, f.number
LIMIT %(limit)s OFFSET %(offset)s

-- Each once a namespace, by the name that most mentions have: that of the row `named`.
-- name: list_entities
SELECT p.entity_id, p.namespace, p.kind, p.mentions, p.document_count, p.chunk_ids, (p.named).document_id,
       (p.named).version, (p.named).part, (p.named).number, (p.named).sealed, k.wrapped
FROM (
    SELECT e.entity_id, d.namespace, min(e.kind) AS kind, sum(e.mentions)::integer AS mentions,
           (array_agg(e ORDER BY e.mentions DESC, d.created_at DESC, e.document_id, e.version DESC, e.part))[1] AS named,
           count(DISTINCT e.document_id)::integer AS document_count,
           string_agg(array_to_string(e.chunk_ids, ' '), ' ' ORDER BY d.created_at DESC, e.document_id, e.part)
               AS chunk_ids
    FROM entities e JOIN documents d USING (workspace_id, generation, document_id)
    WHERE e.workspace_id = %(workspace_id)s
      AND e.generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
      AND (%(readable)s::text[] IS NULL OR d.namespace = ANY(%(readable)s))
      AND (%(document_id)s::text IS NULL OR e.document_id = %(document_id)s)
      AND (%(kind)s::text IS NULL OR e.kind = %(kind)s)
      AND (%(chunk_ids)s::text[] IS NULL OR e.chunk_ids && %(chunk_ids)s)
      AND (e.version = d.ready_version OR (NOT %(latest_only)s AND e.version < d.ready_version))
    GROUP BY d.namespace, e.entity_id
    ORDER BY sum(e.mentions) DESC, e.entity_id, d.namespace
    LIMIT %(limit)s OFFSET %(offset)s) p
LEFT JOIN data_keys k ON k.workspace_id = %(workspace_id)s AND k.key_id = (p.named).document_id
ORDER BY p.mentions DESC, p.entity_id, p.namespace

-- What verify compares with an event: what was recorded by it.

-- name: recorded_chunks
SELECT * FROM chunks
WHERE workspace_id = %(workspace_id)s AND document_id = %(document_id)s AND version = %(version)s
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND index >= %(first)s AND index < %(first)s + %(count)s
ORDER BY index

-- name: recorded_sections
SELECT * FROM sections
WHERE workspace_id = %(workspace_id)s AND document_id = %(document_id)s AND version = %(version)s
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
  AND number >= %(first)s AND number < %(first)s + %(count)s
ORDER BY number

-- name: recorded_facts
SELECT * FROM facts
WHERE workspace_id = %(workspace_id)s AND document_id = %(document_id)s AND version = %(version)s AND part = %(part)s
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
ORDER BY number

-- name: recorded_entities
SELECT * FROM entities
WHERE workspace_id = %(workspace_id)s AND document_id = %(document_id)s AND version = %(version)s AND part = %(part)s
  AND generation = (SELECT generation FROM heads WHERE workspace_id = %(workspace_id)s)
ORDER BY number

-- name: all_findings
SELECT document_id, count(*)::integer AS findings
FROM (
    SELECT workspace_id, generation, document_id FROM facts
    UNION ALL SELECT workspace_id, generation, document_id FROM entities) f
JOIN heads h USING (workspace_id, generation)
WHERE f.workspace_id = %(workspace_id)s GROUP BY document_id

-- Of what documents is there something, and not the document? Of none.
-- name: left_over
SELECT DISTINCT p.document_id
FROM (
    SELECT workspace_id, generation, document_id FROM chunks
    UNION ALL SELECT workspace_id, generation, document_id FROM sections
    UNION ALL SELECT workspace_id, generation, document_id FROM facts
    UNION ALL SELECT workspace_id, generation, document_id FROM entities
    UNION ALL SELECT c.workspace_id, h.generation, c.document_id FROM document_contents c JOIN heads h USING (workspace_id)
) p
JOIN heads h USING (workspace_id, generation)
LEFT JOIN documents d USING (workspace_id, generation, document_id)
WHERE p.workspace_id = %(workspace_id)s AND d.document_id IS NULL
ORDER BY p.document_id
