-- The trace that a job belongs to: what was asked over HTTP, of which the work is the last part (W3C Trace Context).

SET LOCAL search_path = extraction;

ALTER TABLE jobs ADD COLUMN traceparent text;
ALTER TABLE documents ADD COLUMN traceparent text;
