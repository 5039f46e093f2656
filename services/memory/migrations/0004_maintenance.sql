-- Nightly work: jobs that are of a day, and importance that moves.

SET LOCAL search_path = memory;

ALTER TABLE jobs ADD COLUMN day date;              -- of nightly work, UTC
CREATE INDEX jobs_unfinished ON jobs (kind, created_at) WHERE status IN ('queued', 'running', 'waiting');
GRANT SELECT ON jobs TO weft_memory_loops;         -- what is to be done, and what has been done on a day

-- What its author and its readers think of a memory. Nothing else has moved importance so far.
ALTER TABLE memories ADD COLUMN given_importance double precision;
ALTER TABLE memories NO FORCE ROW LEVEL SECURITY;  -- the owner is to see the rows for once
UPDATE memories SET given_importance = importance_score;
ALTER TABLE memories FORCE ROW LEVEL SECURITY;
ALTER TABLE memories ALTER COLUMN given_importance SET NOT NULL;
ALTER TABLE memories ADD COLUMN recalculated_on date;  -- UTC; null where importance has never moved by itself
