-- Sessions, what was observed in them, the jobs that come of them; and what people think of memories.

SET LOCAL search_path = memory;

ALTER TABLE memories ADD COLUMN feedback_positive_count integer NOT NULL DEFAULT 0;
ALTER TABLE memories ADD COLUMN feedback_negative_count integer NOT NULL DEFAULT 0;
ALTER TABLE memories ADD COLUMN by_hand boolean NOT NULL DEFAULT true;  -- somebody wrote or changed it

CREATE TABLE sessions (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    session_id text NOT NULL,
    namespace text NOT NULL,
    project_path text NOT NULL,
    project_name text,
    branch_name text,
    user_id text,
    metadata json NOT NULL,           -- json, not jsonb: it is shown as it came, and never searched
    injected jsonb NOT NULL,          -- [{memory_id, score}]
    status text NOT NULL,             -- active | ended
    started_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text,                    -- client | sweeper
    summary text,
    observation_count integer NOT NULL,
    kinds jsonb NOT NULL,             -- how many observations of each kind
    job_id text,
    estimated_memories integer,
    version integer NOT NULL,
    PRIMARY KEY (workspace_id, generation, session_id)
) WITH (fillfactor = 70);
CREATE INDEX sessions_by_age ON sessions (workspace_id, generation, started_at DESC, session_id);
CREATE INDEX sessions_silent ON sessions (last_seen_at) WHERE status = 'active';

-- Only ever appended to: a session of a thousand costs its thousandth no more than its first.
CREATE TABLE observations (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    session_id text NOT NULL,
    number integer NOT NULL,          -- from 0
    observation_id text NOT NULL,
    kind text NOT NULL,
    content text NOT NULL,
    files text[] NOT NULL,
    metadata json NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, generation, session_id, number)
);

CREATE TABLE jobs (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    job_id text NOT NULL,
    kind text NOT NULL,
    namespace text NOT NULL,
    session_id text,
    status text NOT NULL,
    reason text,
    error text,
    counts jsonb NOT NULL,
    memory_ids text[] NOT NULL,
    attempts integer NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, generation, job_id)
);
CREATE INDEX jobs_by_age ON jobs (workspace_id, generation, created_at DESC, job_id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['sessions', 'observations', 'jobs'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_memory'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('CREATE POLICY every_workspace ON %I TO weft_memory_loops USING (true) WITH CHECK (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO weft_memory', name);
    END LOOP;
END $$;
GRANT SELECT ON sessions TO weft_memory_loops;  -- the sweeper's: which are silent; never what was seen in them
