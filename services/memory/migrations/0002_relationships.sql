-- Relationships made by hand, ranks from DERIVED, and a ledger that tells a deleted memory from a deleted relationship.

SET LOCAL search_path = memory;

-- A copy of the read model has its relationships too. Those that are alive; the deleted are in the ledger.
CREATE TABLE relationships (
    workspace_id text NOT NULL,
    generation integer NOT NULL,
    relationship_id uuid NOT NULL,
    source text NOT NULL,             -- memory_id
    target text NOT NULL,             -- memory_id
    type text NOT NULL,
    confidence double precision NOT NULL,
    context text,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, generation, relationship_id)
);
CREATE INDEX relationships_by_source ON relationships (workspace_id, generation, source);
CREATE INDEX relationships_by_target ON relationships (workspace_id, generation, target);

ALTER TABLE relationships ENABLE ROW LEVEL SECURITY;
ALTER TABLE relationships FORCE ROW LEVEL SECURITY;
CREATE POLICY one_workspace ON relationships TO weft_memory
    USING (workspace_id = current_setting('app.workspace'))
    WITH CHECK (workspace_id = current_setting('app.workspace'));
CREATE POLICY every_workspace ON relationships TO weft_memory_loops USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON relationships TO weft_memory;
GRANT SELECT ON relationships TO weft_memory_loops;

-- A rank may be known before the vectors are, and the other way round.
ALTER TABLE derived ALTER COLUMN content_hash DROP NOT NULL;
ALTER TABLE derived ALTER COLUMN embedding_status DROP NOT NULL;
ALTER TABLE derived ADD COLUMN pagerank_score double precision;
ALTER TABLE derived ADD COLUMN community_label text;
ALTER TABLE derived ADD COLUMN rank_part integer;  -- which part of the ranks named it last; null without a rank
CREATE INDEX derived_by_rank_part ON derived (workspace_id, rank_part) WHERE rank_part IS NOT NULL;
GRANT DELETE ON derived TO weft_memory_loops;      -- the eraser's: what came in while a deletion was on its way

ALTER TABLE deletions RENAME COLUMN memory_id TO entity_id;
ALTER TABLE deletions ADD COLUMN entity text NOT NULL DEFAULT 'memory';  -- memory | relationship
ALTER TABLE inbox RENAME COLUMN memory_id TO entity_id;
ALTER INDEX inbox_of_memory RENAME TO inbox_of_entity;
