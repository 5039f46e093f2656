-- Who hears what happened.

SET LOCAL search_path = memory;

-- The namespaces that one must be able to read to hear of a deletion; null: nobody does (it was before this, or the thing was made
-- in the same transaction, so that nobody had heard of that either).
ALTER TABLE deletions ADD COLUMN namespaces text[];
