-- The rows that migration 0011 has put aside, back in their tables with what was sealed of them.

-- name: workspaces
SELECT workspace_id FROM plain_events UNION SELECT workspace_id FROM plain_derived
UNION SELECT workspace_id FROM plain_inbox

-- name: fill_events
INSERT INTO events (workspace_id, seq, event_id, stream, version, revision, type, time, actor, correlation_id,
                    causation_id, traceparent, payload)
SELECT p.workspace_id, p.seq, p.event_id, p.stream, p.version, p.revision, p.type, p.time, p.actor, p.correlation_id,
       p.causation_id, p.traceparent, m.sealed
FROM plain_events p LEFT JOIN made m ON m.name = 'events' AND m.row = p.row

-- An answer about what has no key shows nothing of it.
-- name: fill_inbox
INSERT INTO inbox (workspace_id, command_id, attempt, fingerprint, status, entity_id, answer, decided_at)
SELECT p.workspace_id, p.command_id, p.attempt, m.also_sealed, p.status, k.key_id, m.sealed, p.decided_at
FROM plain_inbox p JOIN made m ON m.name = 'inbox' AND m.row = p.row
LEFT JOIN data_keys k ON k.workspace_id = p.workspace_id AND k.key_id = p.entity_id

-- name: fill_memories
INSERT INTO memories (workspace_id, generation, memory_id, namespace, memory_type, importance_score, confidence_score,
                      content_mark, revision, version, created_at, updated_at, by_hand, feedback_positive_count,
                      feedback_negative_count, given_importance, recalculated_on, consolidated_from, consolidated_into,
                      apart, sealed)
SELECT p.workspace_id, p.generation, p.memory_id, p.namespace, p.memory_type, p.importance_score, p.confidence_score,
       m.mark, p.revision, p.version, p.created_at, p.updated_at, p.by_hand, p.feedback_positive_count,
       p.feedback_negative_count, p.given_importance, p.recalculated_on, p.consolidated_from, p.consolidated_into,
       p.apart, m.sealed
FROM plain_memories p JOIN made m ON m.name = 'memories' AND m.row = p.row

-- name: fill_derived
INSERT INTO derived (workspace_id, memory_id, embedding_status, pagerank_score, rank_part, content_mark, sealed_label)
SELECT p.workspace_id, p.memory_id, p.embedding_status, p.pagerank_score, p.rank_part, m.mark, m.sealed
FROM plain_derived p JOIN made m ON m.name = 'derived' AND m.row = p.row

-- name: fill_relationships
INSERT INTO relationships (workspace_id, generation, relationship_id, source, target, type, confidence, version,
                           created_at, sealed)
SELECT p.workspace_id, p.generation, p.relationship_id, p.source, p.target, p.type, p.confidence, p.version,
       p.created_at, m.sealed
FROM plain_relationships p JOIN made m ON m.name = 'relationships' AND m.row = p.row

-- name: fill_sessions
INSERT INTO sessions (workspace_id, generation, session_id, namespace, injected, status, started_at, last_seen_at,
                      ended_at, ended_by, observation_count, kinds, job_id, estimated_memories, version, project_mark,
                      sealed)
SELECT p.workspace_id, p.generation, p.session_id, p.namespace, p.injected, p.status, p.started_at, p.last_seen_at,
       p.ended_at, p.ended_by, p.observation_count, p.kinds, p.job_id, p.estimated_memories, p.version, m.mark,
       m.sealed
FROM plain_sessions p JOIN made m ON m.name = 'sessions' AND m.row = p.row

-- name: fill_observations
INSERT INTO observations (workspace_id, generation, session_id, number, observation_id, kind, at, sealed)
SELECT p.workspace_id, p.generation, p.session_id, p.number, p.observation_id, p.kind, p.at, m.sealed
FROM plain_observations p JOIN made m ON m.name = 'observations' AND m.row = p.row

-- name: fill_jobs
INSERT INTO jobs (workspace_id, generation, job_id, kind, namespace, session_id, status, counts, memory_ids, attempts,
                  version, created_at, updated_at, day, document_id, sealed)
SELECT p.workspace_id, p.generation, p.job_id, p.kind, p.namespace, p.session_id, p.status, p.counts, p.memory_ids,
       p.attempts, p.version, p.created_at, p.updated_at, p.day, p.document_id, m.sealed
FROM plain_jobs p JOIN made m ON m.name = 'jobs' AND m.row = p.row

-- name: fence
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'events', 'inbox', 'memories', 'derived', 'relationships', 'sessions', 'observations', 'jobs', 'workspace_keys',
        'data_keys'
    ] LOOP
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
END $$
