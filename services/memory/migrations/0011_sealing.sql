-- Content is sealed (services/kit/sealing). What is there already is put aside into temporary tables, which leave nothing
-- behind; the tables are emptied (their files go with the commit, so that nothing readable stays in them), get the columns
-- that they need from now on, and are filled again by the step that belongs to this file (store/unsealed.py).

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
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);  -- and forced, at the end of the step
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_memory'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('CREATE POLICY every_workspace ON %I TO weft_memory_loops USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, DELETE ON workspace_keys TO weft_memory;
GRANT SELECT, INSERT, DELETE ON data_keys TO weft_memory;
GRANT SELECT, UPDATE (wrapped) ON workspace_keys TO weft_memory_loops;
GRANT SELECT ON data_keys TO weft_memory_loops;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'events', 'inbox', 'memories', 'derived', 'relationships', 'sessions', 'observations', 'jobs'
    ] LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', name);  -- the owner is to see them, until the step's end
        EXECUTE format(
            'CREATE TEMPORARY TABLE %I ON COMMIT DROP AS SELECT row_number() OVER () AS row, t.* FROM %I t',
            'plain_' || name, name);
        EXECUTE format('TRUNCATE %I', name);
    END LOOP;
END $$;

ALTER TABLE inbox ALTER COLUMN fingerprint TYPE bytea USING NULL;  -- sealed, as the answer is

ALTER TABLE memories
    DROP COLUMN title, DROP COLUMN narrative, DROP COLUMN tags, DROP COLUMN concepts, DROP COLUMN source_files,
    DROP COLUMN brought, DROP COLUMN source_session_id, DROP COLUMN content_hash,
    ADD COLUMN content_mark text NOT NULL,            -- a keyed hash: which texts are the same
    ADD COLUMN sealed bytea NOT NULL;

ALTER TABLE derived DROP COLUMN content_hash, DROP COLUMN community_label,
    ADD COLUMN content_mark text, ADD COLUMN sealed_label bytea;

ALTER TABLE relationships DROP COLUMN context, ADD COLUMN sealed bytea NOT NULL;

ALTER TABLE sessions
    DROP COLUMN project_path, DROP COLUMN project_name, DROP COLUMN branch_name, DROP COLUMN user_id,
    DROP COLUMN metadata, DROP COLUMN summary,
    ADD COLUMN project_mark text NOT NULL,            -- a keyed hash of the path, to look for
    ADD COLUMN sealed bytea NOT NULL;

ALTER TABLE observations DROP COLUMN content, DROP COLUMN files, DROP COLUMN metadata, ADD COLUMN sealed bytea NOT NULL;

ALTER TABLE jobs DROP COLUMN reason, DROP COLUMN error, ADD COLUMN sealed bytea NOT NULL;

-- What the step makes of the rows that were put aside, by table and row.
CREATE TEMPORARY TABLE made (
    name text NOT NULL, row bigint NOT NULL, sealed bytea, also_sealed bytea, mark text, PRIMARY KEY (name, row)
) ON COMMIT DROP;
