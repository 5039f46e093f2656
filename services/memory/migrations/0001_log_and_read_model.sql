-- The log, the read model that is projected beside it, and what the relay and the eraser remember.
-- Runs as the owner (weft_owner). The service itself uses two roles that own nothing:
-- weft_memory sees one workspace at a time, weft_memory_loops (relay, sweepers) sees all.

CREATE SCHEMA IF NOT EXISTS memory;
SET LOCAL search_path = memory;

CREATE TABLE workspaces (
    workspace_id text PRIMARY KEY,
    name text NOT NULL,
    plan text NOT NULL,
    created_at timestamptz NOT NULL
);

-- One row a workspace, locked by every write: it makes seq gapless and in commit order.
CREATE TABLE heads (
    workspace_id text PRIMARY KEY,
    seq bigint NOT NULL,
    generation integer NOT NULL,      -- which rows of memories and usage are live
    memory_count integer NOT NULL,
    published_seq bigint NOT NULL     -- how far the relay is
) WITH (fillfactor = 50);

CREATE TABLE namespaces (
    workspace_id text NOT NULL,
    namespace text NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    PRIMARY KEY (workspace_id, namespace)
);

CREATE TABLE keys (
    workspace_id text NOT NULL,
    key_id uuid NOT NULL,
    public_id text NOT NULL UNIQUE,
    secret_hash text NOT NULL,
    name text NOT NULL,
    grants jsonb NOT NULL,
    expires_at timestamptz,
    revoked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (workspace_id, key_id)
);

-- The truth. Append-only, save that a deletion takes the payloads of what it deletes.
CREATE TABLE events (
    workspace_id text NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    stream text NOT NULL,
    version integer NOT NULL,
    revision integer NOT NULL,
    type text NOT NULL,
    time timestamptz NOT NULL,
    actor text NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid NOT NULL,
    traceparent text,
    payload bytea,                    -- null once erased
    PRIMARY KEY (workspace_id, seq),
    UNIQUE (workspace_id, stream, version)
);

-- Every command that was decided, with its answer: what makes a repeated one harmless.
CREATE TABLE inbox (
    workspace_id text NOT NULL,
    command_id uuid NOT NULL,
    attempt uuid NOT NULL,
    fingerprint text,
    status text NOT NULL,             -- committed | rejected
    memory_id text,                   -- what it made or changed, so that a deletion finds the answer
    answer bytea,                     -- null once that memory is deleted
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, command_id)
);
CREATE INDEX inbox_of_memory ON inbox (workspace_id, memory_id);
CREATE INDEX inbox_by_age ON inbox (decided_at);

CREATE TABLE memories (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    memory_id text NOT NULL,
    namespace text NOT NULL,
    title text NOT NULL,
    narrative text NOT NULL,
    memory_type text NOT NULL,
    tags text[] NOT NULL,
    concepts text[] NOT NULL,
    source_files text[] NOT NULL,
    importance_score double precision NOT NULL,
    confidence_score double precision NOT NULL,
    source_session_id text,
    content_hash text NOT NULL,
    revision integer NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz,
    PRIMARY KEY (workspace_id, generation, memory_id)
);
CREATE INDEX memories_by_importance
    ON memories (workspace_id, generation, importance_score DESC, created_at DESC, memory_id);
CREATE INDEX memories_by_age ON memories (workspace_id, generation, created_at DESC, memory_id);

-- Counters live beside the memory, so that reading one does not rewrite its text.
-- The unlogged part has not been written to the log yet.
CREATE TABLE usage (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    memory_id text NOT NULL,
    access_count integer NOT NULL,
    retrieval_count integer NOT NULL,
    last_accessed_at timestamptz,
    unlogged_accesses integer NOT NULL,
    unlogged_retrievals integer NOT NULL,
    PRIMARY KEY (workspace_id, generation, memory_id)
) WITH (fillfactor = 70);
CREATE INDEX usage_unlogged ON usage (workspace_id, generation)
    WHERE unlogged_accesses > 0 OR unlogged_retrievals > 0;

-- What other services found out about a memory's text; rebuilt from DERIVED, not from the log.
CREATE TABLE derived (
    workspace_id text NOT NULL,
    memory_id text NOT NULL,
    content_hash text NOT NULL,
    embedding_status text NOT NULL,
    PRIMARY KEY (workspace_id, memory_id)
);

-- The deletion ledger: it keeps the version for late readers, and is the eraser's list of work.
CREATE TABLE deletions (
    workspace_id text NOT NULL,
    memory_id text NOT NULL,
    version integer NOT NULL,
    seq bigint NOT NULL,
    deleted_at timestamptz NOT NULL,
    erased_at timestamptz,            -- when its content left the streams too
    PRIMARY KEY (workspace_id, memory_id)
);
CREATE INDEX deletions_to_erase ON deletions (deleted_at) WHERE erased_at IS NULL;

CREATE TABLE audit (
    workspace_id text NOT NULL,
    audit_id uuid NOT NULL,
    time timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    entity_id text NOT NULL,
    PRIMARY KEY (workspace_id, audit_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'workspaces', 'heads', 'namespaces', 'keys', 'events', 'inbox', 'memories', 'usage', 'derived',
        'deletions', 'audit'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        -- current_setting without "missing_ok": a transaction that forgot to say its workspace fails.
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_memory'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('CREATE POLICY every_workspace ON %I TO weft_memory_loops USING (true) WITH CHECK (true)', name);
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA memory TO weft_memory, weft_memory_loops;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA memory TO weft_memory;
REVOKE DELETE ON events, audit, deletions FROM weft_memory;
REVOKE UPDATE ON events, audit FROM weft_memory;
GRANT UPDATE (payload) ON events TO weft_memory;
GRANT SELECT ON ALL TABLES IN SCHEMA memory TO weft_memory_loops;
GRANT UPDATE (published_seq) ON heads TO weft_memory_loops;
GRANT UPDATE (erased_at) ON deletions TO weft_memory_loops;
GRANT DELETE ON inbox TO weft_memory_loops;
