-- The work on documents. What is made of one is recorded with memory at once; here is only which work is due, and what a
-- language model answered about a part of a document until all of it is recorded.

SET LOCAL search_path = extraction;

CREATE TABLE documents (
    workspace_id text NOT NULL,
    job_id text NOT NULL,
    document_id text NOT NULL,
    version integer NOT NULL,             -- of the document's stream when the job was asked for (last)
    document_version integer NOT NULL,
    namespace text NOT NULL,
    is_pdf boolean NOT NULL,
    size integer NOT NULL,                -- in bytes
    cause text NOT NULL,                  -- ingested, retried
    asked_at timestamptz NOT NULL,
    due_at timestamptz,                   -- not before; null once it is done
    begun integer NOT NULL DEFAULT 0,     -- how often it was begun without coming to any end
    postponed integer NOT NULL DEFAULT 0, -- how often it had to wait since it was asked for
    PRIMARY KEY (workspace_id, job_id)
);
CREATE INDEX documents_by_age ON documents (workspace_id, is_pdf, asked_at, job_id) WHERE due_at IS NOT NULL;
CREATE INDEX documents_by_id ON documents (workspace_id, document_id);

CREATE TABLE document_answers (
    workspace_id text NOT NULL,
    job_id text NOT NULL,
    key text NOT NULL,
    found bytea NOT NULL,                 -- sealed by the job's key, that 0006 brings
    PRIMARY KEY (workspace_id, job_id, key),
    FOREIGN KEY (workspace_id, job_id) REFERENCES documents ON DELETE CASCADE
);

-- A call of a model is about a session or a document; one that answers a question is about neither.
ALTER TABLE calls ALTER COLUMN session_id DROP NOT NULL;
ALTER TABLE calls ADD COLUMN document_id text;
ALTER TABLE calls ADD CHECK (session_id IS NULL OR document_id IS NULL);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['documents', 'document_answers'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_extraction'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('CREATE POLICY every_workspace ON %I TO weft_extraction_loops USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO weft_extraction', name);
    END LOOP;
END $$;
GRANT SELECT ON documents TO weft_extraction_loops;
