-- Workspaces that are deleted for good, and what the audit trail says besides: what changed, and who did what to an
-- organisation.

SET LOCAL search_path = memory;

-- What is left of a workspace: that there was one. Nothing that comes late brings it back.
CREATE TABLE deleted_workspaces (
    workspace_id text PRIMARY KEY,
    seq bigint NOT NULL,              -- of the event that says so
    deleted_at timestamptz NOT NULL,
    deleted_by text NOT NULL,
    erased_at timestamptz             -- when all that was in it had left the tables and the streams
);
CREATE INDEX deleted_workspaces_to_erase ON deleted_workspaces (deleted_at) WHERE erased_at IS NULL;

ALTER TABLE deleted_workspaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE deleted_workspaces FORCE ROW LEVEL SECURITY;
CREATE POLICY one_workspace ON deleted_workspaces TO weft_memory
    USING (workspace_id = current_setting('app.workspace'))
    WITH CHECK (workspace_id = current_setting('app.workspace'));
CREATE POLICY every_workspace ON deleted_workspaces TO weft_memory_loops USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (erased_at) ON deleted_workspaces TO weft_memory;
GRANT SELECT, UPDATE (erased_at) ON deleted_workspaces TO weft_memory_loops;

-- These are append-only: the service itself takes nothing out of them, the eraser only what is of a deleted workspace.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['events', 'audit', 'deletions'] LOOP
        EXECUTE format('GRANT DELETE ON %I TO weft_memory_loops', name);
        EXECUTE format(
            'CREATE POLICY of_deleted_workspaces ON %1$I AS RESTRICTIVE FOR DELETE TO weft_memory_loops'
            ' USING (EXISTS (SELECT FROM deleted_workspaces d WHERE d.workspace_id = %1$I.workspace_id))', name);
    END LOOP;
END $$;
GRANT DELETE ON said_anew, keys_due TO weft_memory;

ALTER TABLE audit ADD COLUMN detail jsonb NOT NULL DEFAULT '{}';  -- what changed; settings and counts, never content

-- What was done to an organisation's people, and which of its workspaces are gone. Like theirs, a role fences it: who
-- sees content may add to it, and not look.
CREATE TABLE organisation_audit (
    organisation_id uuid NOT NULL,
    audit_id uuid NOT NULL,
    time timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    entity_id text NOT NULL,
    detail jsonb NOT NULL,
    PRIMARY KEY (organisation_id, audit_id)
);
GRANT SELECT, INSERT ON organisation_audit TO weft_accounts;
GRANT INSERT ON organisation_audit TO weft_memory;
