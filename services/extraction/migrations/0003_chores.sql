-- Nightly work on what is there: consolidation of near duplicates, reclassification of what is `general`.

SET LOCAL search_path = extraction;

CREATE TABLE chores (
    workspace_id text NOT NULL,
    job_id text NOT NULL,
    kind text NOT NULL,                   -- consolidation, reclassification
    namespace text NOT NULL,
    version integer NOT NULL,             -- of the job's stream when it was queued (last)
    asked_at timestamptz NOT NULL,
    due_at timestamptz,                   -- not before; null once it is done
    begun integer NOT NULL DEFAULT 0,     -- how often it was begun without coming to any end
    postponed integer NOT NULL DEFAULT 0, -- how often it had to wait since it was queued
    found jsonb,                          -- counts of what was looked at; null until the orders are written down
    PRIMARY KEY (workspace_id, job_id)
);
CREATE INDEX chores_by_age ON chores (workspace_id, asked_at, job_id) WHERE due_at IS NOT NULL;

-- What a chore orders, in this order. Ids and types only, no text.
CREATE TABLE chore_orders (
    workspace_id text NOT NULL,
    job_id text NOT NULL,
    ordinal integer NOT NULL,
    wanted jsonb NOT NULL,
    outcome text,                         -- done, passed_over (it changed meanwhile); null until it was ordered
    PRIMARY KEY (workspace_id, job_id, ordinal),
    FOREIGN KEY (workspace_id, job_id) REFERENCES chores ON DELETE CASCADE
);

-- What was left as `general`: not looked at again until its text changes.
CREATE TABLE looked_at (
    workspace_id text NOT NULL,
    namespace text NOT NULL,
    memory_id text NOT NULL,
    content_hash text NOT NULL,
    PRIMARY KEY (workspace_id, memory_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['chores', 'chore_orders', 'looked_at'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        -- current_setting without "missing_ok": a transaction that forgot to say its workspace fails.
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_extraction'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('CREATE POLICY every_workspace ON %I TO weft_extraction_loops USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO weft_extraction', name);
    END LOOP;
END $$;
GRANT SELECT ON chores TO weft_extraction_loops;
