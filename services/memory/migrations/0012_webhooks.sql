-- Who hears what happened.

SET LOCAL search_path = memory;

-- The namespaces that one must be able to read to hear of a deletion; null: nobody does (it was before this, or the thing was made
-- in the same transaction, so that nobody had heard of that either).
ALTER TABLE deletions ADD COLUMN namespaces text[];

CREATE TABLE webhooks (
    workspace_id text NOT NULL,
    webhook_id uuid NOT NULL,
    types text[] NOT NULL,
    enabled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz,
    secrets integer NOT NULL,         -- how many it had before; the secret itself is made of the workspace's key
    rotated_at timestamptz,
    sealed bytea NOT NULL,            -- url, description, reason
    PRIMARY KEY (workspace_id, webhook_id)
);

-- How far each is. In no event, and made anew by no rebuild: what was delivered is a fact of the world outside.
CREATE TABLE webhook_places (
    workspace_id text NOT NULL,
    webhook_id uuid NOT NULL,
    after_seq bigint NOT NULL,        -- up to here deliveries have been queued
    failing_since timestamptz,
    turn_at timestamptz,              -- when it was last its turn
    PRIMARY KEY (workspace_id, webhook_id)
);

-- One row an event and webhook; what is sent is read from the log when it is sent.
CREATE TABLE deliveries (
    workspace_id text NOT NULL,
    webhook_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    event_id uuid NOT NULL,
    seq bigint,                       -- null for a test
    type text NOT NULL,
    status text NOT NULL,             -- waiting | delivered | parked
    attempts integer NOT NULL,
    queued_at timestamptz NOT NULL,
    attempted_at timestamptz,
    next_attempt_at timestamptz,
    response_status integer,
    duration_ms integer,
    note text,
    PRIMARY KEY (workspace_id, webhook_id, delivery_id)
);
CREATE INDEX deliveries_waiting ON deliveries (workspace_id, webhook_id, seq NULLS FIRST) WHERE status = 'waiting';
CREATE INDEX deliveries_listed ON deliveries (workspace_id, webhook_id, queued_at, delivery_id);
CREATE INDEX deliveries_by_age ON deliveries (queued_at) WHERE status <> 'waiting';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['webhooks', 'webhook_places', 'deliveries'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_memory'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('CREATE POLICY every_workspace ON %I TO weft_memory_loops USING (true) WITH CHECK (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO weft_memory', name);
        EXECUTE format('GRANT SELECT ON %I TO weft_memory_loops', name);
    END LOOP;
END $$;
GRANT UPDATE (turn_at) ON webhook_places TO weft_memory_loops;
GRANT DELETE ON deliveries TO weft_memory_loops;
