-- What sessions taught is sealed by a key of the job's own, which goes when nothing of it is left to be stored; hashes of texts are
-- sealed or keyed (services/kit/sealing). What is there already is put aside into temporary tables, which leave nothing behind, the tables
-- are emptied (their files go with the commit), and the step that belongs to this file fills them again (store/unsealed.py).

SET LOCAL search_path = extraction;

CREATE TABLE workspace_keys (
    workspace_id text PRIMARY KEY,
    wrapped bytea NOT NULL                -- by the master key, whose name it begins with
);
CREATE TABLE data_keys (
    workspace_id text NOT NULL,
    key_id text NOT NULL,                 -- of the job whose texts it seals
    wrapped bytea NOT NULL,               -- by the workspace's key
    PRIMARY KEY (workspace_id, key_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['workspace_keys', 'data_keys'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);  -- and forced, at the end of the step
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_extraction'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format(
            'CREATE POLICY every_workspace ON %I TO weft_extraction_loops USING (true) WITH CHECK (true)', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['steps', 'answers', 'written'] LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', name);  -- the owner is to see them, until the step's end
        EXECUTE format('CREATE TEMPORARY TABLE %I ON COMMIT DROP AS SELECT * FROM %I', 'plain_' || name, name);
        EXECUTE format('TRUNCATE %I', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, DELETE ON workspace_keys TO weft_extraction;
GRANT SELECT, INSERT, DELETE ON data_keys TO weft_extraction;
GRANT SELECT, UPDATE (wrapped) ON workspace_keys TO weft_extraction_loops;

ALTER TABLE steps ALTER COLUMN learnt TYPE bytea USING NULL;
ALTER TABLE answers
    ALTER COLUMN learnt DROP NOT NULL,    -- null: it taught nothing
    ALTER COLUMN learnt TYPE bytea USING NULL;

ALTER TABLE written ALTER COLUMN fingerprint TYPE bytea USING NULL;

-- What is left as `general` is looked at once more, and how often a question was asked in vain is counted from now on.
TRUNCATE looked_at;
ALTER TABLE looked_at ALTER COLUMN content_hash TYPE bytea USING NULL;
ALTER TABLE calls ALTER COLUMN key TYPE text USING '';
