-- Workspaces that are deleted for good: nothing of them stays, what a model's calls cost neither.

SET LOCAL search_path = extraction;

GRANT DELETE ON calls TO weft_extraction;
CREATE POLICY every_workspace ON calls TO weft_extraction_loops USING (true);
GRANT SELECT (workspace_id) ON calls TO weft_extraction_loops;  -- which workspaces have any
