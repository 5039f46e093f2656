-- Documents, and what is made of them.

SET LOCAL search_path = memory;

CREATE TABLE documents (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    document_id text NOT NULL,
    namespace text NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,            -- bytes
    version integer NOT NULL,         -- the newest
    job_id text NOT NULL,             -- that of the newest version
    revision integer NOT NULL,
    begun integer NOT NULL,           -- the stream's version at which the newest came in
    stream_version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz,
    chunk_count integer NOT NULL,     -- recorded of the newest version, as are sections and parts of findings
    section_count integer NOT NULL,
    part_count integer NOT NULL,
    ready_version integer,            -- the one that is found and read
    ready_chunks integer NOT NULL,
    ready_sections integer NOT NULL,
    sealed bytea NOT NULL,            -- title, source_id, sha256, metadata; 0011 brings the keys
    PRIMARY KEY (workspace_id, generation, document_id)
);
CREATE INDEX documents_by_age ON documents (workspace_id, generation, created_at DESC, document_id);

-- The bytes as they came. Truth, like the log: in no generation, and never made anew.
CREATE TABLE document_contents (
    workspace_id text NOT NULL,
    document_id text NOT NULL,
    version integer NOT NULL,
    part integer NOT NULL,            -- from 0
    content bytea NOT NULL,           -- sealed
    PRIMARY KEY (workspace_id, document_id, version, part)
);
ALTER TABLE document_contents ALTER COLUMN content SET STORAGE EXTERNAL;  -- compressing ten megabytes would hold up others

CREATE TABLE chunks (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    document_id text NOT NULL,
    version integer NOT NULL,
    index integer NOT NULL,           -- from 0, without a gap
    chunk_id text NOT NULL,
    begins integer NOT NULL,          -- characters of the document's text
    ends integer NOT NULL,
    section_id text,
    page integer,
    sealed bytea NOT NULL,            -- text
    PRIMARY KEY (workspace_id, generation, document_id, version, index)
);
CREATE INDEX chunks_by_id ON chunks (workspace_id, generation, chunk_id);

CREATE TABLE sections (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    document_id text NOT NULL,
    version integer NOT NULL,
    number integer NOT NULL,          -- from 0, in the order of the text
    section_id text NOT NULL,
    parent_id text,
    level integer NOT NULL,
    first_chunk integer NOT NULL,
    last_chunk integer NOT NULL,
    sealed bytea NOT NULL,            -- title
    PRIMARY KEY (workspace_id, generation, document_id, version, number)
);
CREATE INDEX sections_by_id ON sections (workspace_id, generation, section_id);

-- What was found in each version, in parts. Those of older versions are kept.
CREATE TABLE facts (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    document_id text NOT NULL,
    version integer NOT NULL,
    part integer NOT NULL,
    number integer NOT NULL,          -- in the part, from 0
    fact_id text NOT NULL,
    kind text NOT NULL,
    confidence double precision NOT NULL,
    chunk_id text NOT NULL,
    created_at timestamptz NOT NULL,
    sealed bytea NOT NULL,            -- text
    PRIMARY KEY (workspace_id, generation, document_id, version, part, number)
);
CREATE INDEX facts_by_chunk ON facts (workspace_id, generation, chunk_id);

CREATE TABLE entities (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    document_id text NOT NULL,
    version integer NOT NULL,
    part integer NOT NULL,
    number integer NOT NULL,
    entity_id text NOT NULL,
    kind text NOT NULL,
    mentions integer NOT NULL,
    chunk_ids text[] NOT NULL,
    sealed bytea NOT NULL,            -- name
    PRIMARY KEY (workspace_id, generation, document_id, version, part, number)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['documents', 'document_contents', 'chunks', 'sections', 'facts', 'entities'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_memory'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO weft_memory', name);
    END LOOP;
END $$;

CREATE POLICY every_workspace ON documents FOR SELECT TO weft_memory_loops USING (true);
GRANT SELECT ON documents TO weft_memory_loops;

ALTER TABLE jobs ADD COLUMN document_id text;

-- What was said before and counts no more, in other streams too: events of one `type` below a version of the stream.
ALTER TABLE said_anew RENAME COLUMN memory_id TO entity_id;
ALTER TABLE said_anew ADD COLUMN type text NOT NULL DEFAULT 'weft.memory.consolidated.v1';
ALTER TABLE said_anew ADD COLUMN before integer NOT NULL DEFAULT 2147483647;  -- of what is there, all before `seq`
ALTER TABLE said_anew ALTER COLUMN type DROP DEFAULT;
ALTER TABLE said_anew ALTER COLUMN before DROP DEFAULT;
