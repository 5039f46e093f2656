-- Near duplicates that are folded into one memory.

SET LOCAL search_path = memory;

ALTER TABLE memories ADD COLUMN consolidated_from text[] NOT NULL DEFAULT '{}';  -- what is folded into it
ALTER TABLE memories ADD COLUMN consolidated_into text;                          -- what it is folded into
ALTER TABLE memories ADD COLUMN brought jsonb NOT NULL DEFAULT '{}';  -- the part of its lists that is from the folded
ALTER TABLE memories ADD COLUMN apart boolean NOT NULL DEFAULT false; -- undone: nightly work leaves it as it is

-- Memories of which something was said anew, so that what was said before leaves the streams, as it has left the log.
CREATE TABLE said_anew (
    workspace_id text NOT NULL,
    memory_id text NOT NULL,
    seq bigint NOT NULL,              -- where it was said last
    PRIMARY KEY (workspace_id, memory_id)
);
ALTER TABLE said_anew ENABLE ROW LEVEL SECURITY;
ALTER TABLE said_anew FORCE ROW LEVEL SECURITY;
CREATE POLICY one_workspace ON said_anew TO weft_memory
    USING (workspace_id = current_setting('app.workspace'))
    WITH CHECK (workspace_id = current_setting('app.workspace'));
CREATE POLICY every_workspace ON said_anew TO weft_memory_loops USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON said_anew TO weft_memory;
GRANT SELECT, DELETE ON said_anew TO weft_memory_loops;
