-- Content is sealed (services/kit/sealing).

SET LOCAL search_path = memory;

CREATE TABLE workspace_keys (
    workspace_id text PRIMARY KEY,
    wrapped bytea NOT NULL            -- by the master key, whose name it begins with
);
CREATE TABLE data_keys (
    workspace_id text NOT NULL,
    key_id text NOT NULL,             -- the stream of what it seals
    wrapped bytea NOT NULL,           -- by the workspace's key
    PRIMARY KEY (workspace_id, key_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['workspace_keys', 'data_keys'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_memory'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('CREATE POLICY every_workspace ON %I TO weft_memory_loops USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT ON workspace_keys TO weft_memory;
GRANT SELECT, INSERT, DELETE ON data_keys TO weft_memory;
GRANT SELECT, UPDATE (wrapped) ON workspace_keys TO weft_memory_loops;
GRANT SELECT ON data_keys TO weft_memory_loops;
