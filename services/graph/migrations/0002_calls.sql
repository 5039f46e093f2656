-- What a language model was asked about pairs of memories, and what that cost: in all, and month by month.

SET LOCAL search_path = graph, public;

CREATE TABLE calls (
    workspace_id text NOT NULL,
    month date NOT NULL,                  -- its first day, UTC
    calls integer NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    PRIMARY KEY (workspace_id, month)
);
ALTER TABLE calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls FORCE ROW LEVEL SECURITY;
CREATE POLICY one_workspace ON calls TO weft_graph
    USING (workspace_id = current_setting('app.workspace'))
    WITH CHECK (workspace_id = current_setting('app.workspace'));
GRANT SELECT, INSERT, UPDATE, DELETE ON calls TO weft_graph;
