-- What relations are made of, the edges, and what follows from them. All of it can be made anew from log and DERIVED.
-- Runs as the owner (weft_owner). The service itself uses two roles that own nothing:
-- weft_graph sees one workspace at a time, weft_graph_loops only learns which workspaces have work.

SET LOCAL search_path = graph, public;

CREATE TABLE workspaces (
    workspace_id text PRIMARY KEY,
    memory_count integer NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,    -- raised with every change of edges or memories
    analysed bigint NOT NULL DEFAULT 0,   -- which of these the ranks are from
    parts integer NOT NULL DEFAULT 0,     -- how many messages on DERIVED the ranks are in
    asked_on date,                        -- the day (UTC) on which a model was asked last,
    asked integer NOT NULL DEFAULT 0      -- and how often on that day
) WITH (fillfactor = 50);

-- `node` stands for the memory in all other tables: a number is an eighth of an id, and edges are many.
CREATE TABLE memories (
    workspace_id text NOT NULL,
    node bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    memory_id text NOT NULL,
    version integer NOT NULL,
    content_hash text NOT NULL,
    namespace text NOT NULL,
    memory_type text NOT NULL,
    title text NOT NULL,
    title_head text,                      -- the first words of the title, by which narratives are matched
    narrative text NOT NULL,
    created_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL,      -- its last change; created_at if there was none
    UNIQUE (workspace_id, memory_id)
);
CREATE INDEX memories_by_age ON memories (workspace_id, created_at, memory_id);
CREATE INDEX memories_by_writing ON memories (workspace_id, written_at);
CREATE INDEX memories_by_title ON memories (workspace_id, title_head) WHERE title_head IS NOT NULL;

-- Deleted memories, so that nothing that was read before a deletion brings one back.
CREATE TABLE deleted (
    workspace_id text NOT NULL,
    memory_id text NOT NULL,
    forgotten boolean NOT NULL DEFAULT false,   -- DERIVED no longer names it
    PRIMARY KEY (workspace_id, memory_id)
);

-- What memories may share: files, concepts, tags, sessions. `key` is a hash of `feature`, which may be long.
CREATE TABLE features (
    workspace_id text NOT NULL,
    node bigint NOT NULL REFERENCES memories ON DELETE CASCADE,
    kind smallint NOT NULL,
    key bigint NOT NULL,
    feature text NOT NULL,
    created_at timestamptz NOT NULL,      -- of its memory, as is memory_id: they order the holders
    memory_id text NOT NULL,
    PRIMARY KEY (node, kind, key)
);
CREATE INDEX features_by_key ON features (workspace_id, kind, key, created_at, memory_id) INCLUDE (node);

-- How many memories hold a feature.
CREATE TABLE holders (
    workspace_id text NOT NULL,
    kind smallint NOT NULL,
    key bigint NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (workspace_id, kind, key)
) WITH (fillfactor = 70);

-- One vector a memory: the direction of its windows together.
CREATE TABLE vectors (
    workspace_id text NOT NULL,
    node bigint PRIMARY KEY REFERENCES memories ON DELETE CASCADE,
    namespace text NOT NULL,
    created_at timestamptz NOT NULL,
    memory_id text NOT NULL,
    model text NOT NULL,
    dimension integer NOT NULL,
    embedding vector NOT NULL
);
CREATE INDEX vectors_by_age ON vectors (workspace_id, created_at, memory_id);

-- An index holds vectors of one dimension: one for each that models in use have. Any other is compared one by one.
DO $$
DECLARE
    dimension integer;
BEGIN
    FOREACH dimension IN ARRAY ARRAY[256, 384, 512, 768, 1024, 1536, 3072] LOOP
        EXECUTE format(
            'CREATE INDEX vectors_hnsw_%1$s ON vectors USING hnsw ((embedding::halfvec(%1$s)) halfvec_cosine_ops)'
            ' WHERE dimension = %1$s', dimension);
    END LOOP;
END $$;

-- Edges as each method found them. Which of several between the same two is shown is decided when they are read.
CREATE TABLE edges (
    workspace_id text NOT NULL,
    source bigint NOT NULL REFERENCES memories ON DELETE CASCADE,
    target bigint NOT NULL REFERENCES memories ON DELETE CASCADE,
    method smallint NOT NULL,
    type smallint NOT NULL,
    confidence real NOT NULL,
    context text,
    made_as uuid,                         -- its id where it was made by hand, and when that was
    made_at timestamptz,
    PRIMARY KEY (source, target, type, method)
);
CREATE INDEX edges_by_target ON edges (target);
CREATE INDEX edges_by_workspace ON edges (workspace_id);
CREATE INDEX edges_by_hand ON edges (workspace_id, made_as) WHERE made_as IS NOT NULL;

-- Memories whose edges are to be found (again): what of them (bits, see relations.Due), and since when.
CREATE TABLE due (
    workspace_id text NOT NULL,
    node bigint PRIMARY KEY REFERENCES memories ON DELETE CASCADE,
    what smallint NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX due_by_urgency ON due (workspace_id, (what = 1), since);  -- 1: relations.Due.SHARED

CREATE TABLE ranks (
    workspace_id text NOT NULL,
    node bigint PRIMARY KEY REFERENCES memories ON DELETE CASCADE,
    pagerank double precision NOT NULL,
    label text
);
CREATE INDEX ranks_by_pagerank ON ranks (workspace_id, pagerank DESC);

-- Memories with older ones that they are so much like that a model may be asked about the two.
CREATE TABLE to_judge (
    workspace_id text NOT NULL,
    node bigint PRIMARY KEY REFERENCES memories ON DELETE CASCADE,
    created_at timestamptz NOT NULL,      -- of the memory
    faults smallint NOT NULL DEFAULT 0    -- how often the model was asked and did not answer
);
CREATE INDEX to_judge_by_age ON to_judge (workspace_id, faults, created_at DESC, node);

-- What a model said of two contents (their hashes, in order), and of which memories it said so first.
CREATE TABLE judged (
    workspace_id text NOT NULL,
    one text NOT NULL,
    other text NOT NULL,
    source bigint NOT NULL REFERENCES memories ON DELETE CASCADE,
    target bigint NOT NULL REFERENCES memories ON DELETE CASCADE,
    said jsonb NOT NULL,                  -- contracts.replies.Judgement
    PRIMARY KEY (workspace_id, one, other)
);
CREATE INDEX judged_by_source ON judged (source);
CREATE INDEX judged_by_target ON judged (target);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'workspaces', 'memories', 'deleted', 'features', 'holders', 'vectors', 'edges', 'due', 'ranks', 'to_judge',
        'judged'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        -- current_setting without "missing_ok": a transaction that forgot to say its workspace fails.
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_graph'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
        EXECUTE format('CREATE POLICY every_workspace ON %I TO weft_graph_loops USING (true)', name);
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA graph TO weft_graph, weft_graph_loops;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA graph TO weft_graph;
GRANT SELECT ON workspaces, due, to_judge TO weft_graph_loops;
