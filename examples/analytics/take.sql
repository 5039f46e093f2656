-- What came, as rows. $events: CloudEvents as JSON, in their order.
CREATE OR REPLACE TEMP TABLE came AS
WITH told AS (
    SELECT from_json(unnest($events::VARCHAR[]), '{
        "workspace": "VARCHAR", "seq": "BIGINT", "type": "VARCHAR", "subject": "VARCHAR", "time": "TIMESTAMP",
        "actor": "VARCHAR", "data": {
            "erased_type": "VARCHAR", "namespace": "VARCHAR", "title": "VARCHAR", "memory_type": "VARCHAR",
            "tags": ["VARCHAR"], "importance_score": "DOUBLE", "previous_importance": "DOUBLE",
            "source_session_id": "VARCHAR", "session_id": "VARCHAR", "evidence": {"session_id": "VARCHAR"},
            "created_at": "TIMESTAMP", "useful": "BOOLEAN", "accesses": "INTEGER", "retrievals": "INTEGER",
            "injected": [{"memory_id": "VARCHAR", "score": "DOUBLE"}], "observations": [{"kind": "VARCHAR"}],
            "project_path": "VARCHAR", "kind": "VARCHAR", "status": "VARCHAR", "reason": "VARCHAR",
            "memory_ids": ["VARCHAR"], "into": "VARCHAR"
        }
    }') AS event
)
SELECT
    event.workspace,
    event.seq,
    array_to_string(string_split(coalesce(data.erased_type, event.type), '.')[2:3], '.') AS type,
    event.subject,
    event.time,
    event.actor,
    data.erased_type IS NOT NULL AS erased,
    data.namespace,
    data.title,
    data.memory_type,
    data.tags,
    data.importance_score AS importance,
    data.previous_importance,
    coalesce(data.source_session_id, data.evidence.session_id, data.session_id) AS session,
    data.created_at AS born_at,
    data.useful,
    data.accesses,
    data.retrievals,
    list_transform(data.injected, lambda it: {memory: it.memory_id, score: it.score}) AS injected,
    len(data.observations) AS observations,
    data.project_path AS project,
    CASE WHEN event.type LIKE 'weft.job.%' THEN data.kind END AS job_kind,
    CASE WHEN event.type LIKE 'weft.session.%' THEN data.reason ELSE data.status END AS status,
    len(data.memory_ids) AS learnt,
    data.into AS folded_into
FROM (SELECT event, event.data AS data FROM told);

-- That an event was erased takes the place of the event; any other event comes in once.
DELETE FROM events USING came
WHERE events.workspace = came.workspace AND events.seq = came.seq AND came.erased;

INSERT INTO events
SELECT DISTINCT ON (workspace, seq) * FROM came
ANTI JOIN events USING (workspace, seq)
ORDER BY workspace, seq, erased DESC;

-- Of a workspace that is gone only that is left.
DELETE FROM events USING came
WHERE came.type = 'workspace.deleted' AND events.workspace = came.workspace AND events.seq < came.seq;
