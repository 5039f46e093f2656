-- The rows that migration 0006 has put aside, back in their tables, sealed.

-- name: workspaces
SELECT workspace_id FROM plain_steps UNION SELECT workspace_id FROM plain_answers UNION SELECT workspace_id FROM plain_written

-- name: add_workspace_key
INSERT INTO workspace_keys (workspace_id, wrapped) VALUES (%(workspace_id)s, %(wrapped)s)

-- name: add_data_key
INSERT INTO data_keys (workspace_id, key_id, wrapped) VALUES (%(workspace_id)s, %(key_id)s, %(wrapped)s)

-- name: fill_steps
INSERT INTO steps (workspace_id, job_id, ordinal, learnt, outcome, memory_id)
VALUES (%(workspace_id)s, %(job_id)s, %(ordinal)s, %(learnt)s, %(outcome)s, %(memory_id)s)

-- name: fill_answers
INSERT INTO answers (workspace_id, job_id, key, learnt) VALUES (%(workspace_id)s, %(job_id)s, %(key)s, %(learnt)s)

-- name: fill_written
INSERT INTO written (workspace_id, memory_id, fingerprint) VALUES (%(workspace_id)s, %(memory_id)s, %(fingerprint)s)

-- name: fence
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['steps', 'answers', 'written', 'workspace_keys', 'data_keys'] LOOP
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
END $$
