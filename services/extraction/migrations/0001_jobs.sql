-- The work on ended sessions. What a session taught is in `steps` only until it is stored or the job has ended well.
-- Runs as the owner (weft_owner). The service itself uses two roles that own nothing:
-- weft_extraction sees one workspace at a time, weft_extraction_loops only learns which workspaces have work.

SET LOCAL search_path = extraction;

CREATE TABLE jobs (
    workspace_id text NOT NULL,
    job_id text NOT NULL,
    session_id text NOT NULL,
    version integer NOT NULL,             -- of the session's stream when the job was asked for (last)
    asked_at timestamptz NOT NULL,
    due_at timestamptz,                   -- not before; null once it is done
    begun integer NOT NULL DEFAULT 0,     -- how often it was begun without coming to any end
    postponed integer NOT NULL DEFAULT 0, -- how often it had to wait since it was asked for
    PRIMARY KEY (workspace_id, job_id)
);
CREATE INDEX jobs_by_age ON jobs (workspace_id, asked_at, job_id) WHERE due_at IS NOT NULL;

-- What a session taught, in the order in which it is stored. A step that is done keeps no text.
CREATE TABLE steps (
    workspace_id text NOT NULL,
    job_id text NOT NULL,
    ordinal smallint NOT NULL,
    learnt jsonb,
    outcome text,                         -- stored, updated, or dropped (what it made was deleted meanwhile)
    memory_id text,
    PRIMARY KEY (workspace_id, job_id, ordinal),
    FOREIGN KEY (workspace_id, job_id) REFERENCES jobs ON DELETE CASCADE,
    CHECK ((learnt IS NULL) = (outcome IS NOT NULL))
);

-- Memories whose words are this service's own, as it wrote them last (merging.fingerprint).
CREATE TABLE written (
    workspace_id text NOT NULL,
    memory_id text NOT NULL,
    fingerprint text NOT NULL,
    PRIMARY KEY (workspace_id, memory_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['jobs', 'steps', 'written'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        -- current_setting without "missing_ok": a transaction that forgot to say its workspace fails.
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_extraction'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('CREATE POLICY every_workspace ON %I TO weft_extraction_loops USING (true)', name);
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA extraction TO weft_extraction, weft_extraction_loops;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA extraction TO weft_extraction;
GRANT SELECT ON jobs TO weft_extraction_loops;
