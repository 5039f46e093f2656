-- Namespaces and keys that change, and what KEYS is still to be told about them.

SET LOCAL search_path = memory;

ALTER TABLE namespaces ADD COLUMN is_default boolean NOT NULL DEFAULT true;  -- so far there are no others
ALTER TABLE namespaces ALTER COLUMN is_default DROP DEFAULT;

ALTER TABLE keys ADD COLUMN created_at timestamptz;
ALTER TABLE keys ADD COLUMN rotated_at timestamptz;
ALTER TABLE keys ADD COLUMN retired text[] NOT NULL DEFAULT '{}';  -- the public ids that it had before
ALTER TABLE keys NO FORCE ROW LEVEL SECURITY;        -- the owner is to see the rows for once
ALTER TABLE workspaces NO FORCE ROW LEVEL SECURITY;
UPDATE keys k SET created_at = w.created_at FROM workspaces w WHERE w.workspace_id = k.workspace_id;
ALTER TABLE keys FORCE ROW LEVEL SECURITY;
ALTER TABLE workspaces FORCE ROW LEVEL SECURITY;
ALTER TABLE keys ALTER COLUMN created_at SET NOT NULL;
ALTER TABLE keys ALTER COLUMN retired DROP DEFAULT;
CREATE INDEX keys_by_id ON keys (key_id);            -- who manages keys names nothing but the key

-- Entries of KEYS that are behind the tables: written in the transaction that changes a key, gone once KEYS has it.
CREATE TABLE keys_due (
    workspace_id text NOT NULL,
    public_id text NOT NULL,
    seq bigint NOT NULL,              -- of the change that made it so
    PRIMARY KEY (workspace_id, public_id)
);
ALTER TABLE keys_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE keys_due FORCE ROW LEVEL SECURITY;
CREATE POLICY one_workspace ON keys_due TO weft_memory
    USING (workspace_id = current_setting('app.workspace'))
    WITH CHECK (workspace_id = current_setting('app.workspace'));
CREATE POLICY every_workspace ON keys_due TO weft_memory_loops USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON keys_due TO weft_memory;
GRANT SELECT, DELETE ON keys_due TO weft_memory_loops;
