-- What users wrote is sealed (services/kit/sealing), and what SQL compares of it are keyed hashes (store/keyed.py). What was there in
-- clear goes, with its files: all of it is made anew from log and DERIVED, workspace by workspace, when the service starts.

SET LOCAL search_path = graph, public;

TRUNCATE memories, features, holders, vectors, edges, due, ranks, to_judge, judged;

ALTER TABLE workspaces
    ADD COLUMN to_rebuild boolean NOT NULL DEFAULT true,  -- something is missing that the log has
    ALTER COLUMN memory_count TYPE integer USING 0;
ALTER TABLE workspaces ALTER COLUMN to_rebuild SET DEFAULT false;

CREATE TABLE workspace_keys (
    workspace_id text PRIMARY KEY,
    wrapped bytea NOT NULL                -- by the master key, whose name it begins with
);

ALTER TABLE memories
    DROP COLUMN content_hash,
    DROP COLUMN title,
    DROP COLUMN title_head,
    DROP COLUMN narrative,
    ADD COLUMN wrapped bytea NOT NULL,    -- the memory's own key, by the workspace's
    ADD COLUMN told bytea NOT NULL,       -- sealed: title, content hash, features (store/sealed.py)
    ADD COLUMN narrative bytea NOT NULL,  -- sealed
    -- Keyed hashes:
    ADD COLUMN content bigint NOT NULL,   -- of the content hash
    ADD COLUMN title bigint NOT NULL,
    ADD COLUMN title_head bigint,         -- of the first words of the title, by which narratives are matched
    ADD COLUMN title_words bit(512),      -- of all of them; null if it is too short to be mentioned, as is title_head
    ADD COLUMN words bit(512) NOT NULL;   -- of all the words of the narrative
CREATE INDEX memories_by_title ON memories (workspace_id, title_head) WHERE title_head IS NOT NULL;

-- `key` is the feature's keyed hash.
ALTER TABLE features DROP COLUMN feature;

ALTER TABLE edges
    ADD COLUMN shared bigint[],           -- features that `context` names, by their keys
    ADD COLUMN said bytea;                -- what a model said, sealed by both ends' keys: there is no `context` then

ALTER TABLE ranks DROP COLUMN label, ADD COLUMN label bytea;  -- sealed by the memory's key

ALTER TABLE judged
    DROP COLUMN one,
    DROP COLUMN other,
    DROP COLUMN said,
    ADD COLUMN one bigint NOT NULL,       -- keyed hashes of the content hashes, in order
    ADD COLUMN other bigint NOT NULL,
    ADD COLUMN said bytea NOT NULL,       -- contracts.replies.Judgement, sealed by both memories' keys
    ADD PRIMARY KEY (workspace_id, one, other);

ALTER TABLE workspace_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspace_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY one_workspace ON workspace_keys TO weft_graph
    USING (workspace_id = current_setting('app.workspace')) WITH CHECK (workspace_id = current_setting('app.workspace'));
CREATE POLICY every_workspace ON workspace_keys TO weft_graph_loops USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON workspace_keys TO weft_graph;
GRANT SELECT, UPDATE (wrapped) ON workspace_keys TO weft_graph_loops;
