-- One row for each event: what it says, without texts. Everything else is a view of it. Times are in UTC.
CREATE TABLE IF NOT EXISTS events (
    workspace VARCHAR NOT NULL,
    seq BIGINT NOT NULL,           -- counts the workspace's events without a gap: an event is here once
    type VARCHAR NOT NULL,         -- without `weft.` and version: memory.stored; of an erased event what it was
    subject VARCHAR NOT NULL,      -- the memory, session, job, ... that it is about
    time TIMESTAMP NOT NULL,
    actor VARCHAR NOT NULL,        -- key:..., extraction, ...
    erased BOOLEAN NOT NULL,       -- its content is gone, from Weft and from here: what follows is NULL
    namespace VARCHAR,
    title VARCHAR,
    memory_type VARCHAR,
    tags VARCHAR[],
    importance DOUBLE,
    previous_importance DOUBLE,
    session VARCHAR,               -- that a memory was learnt from, or that a job is of
    born_at TIMESTAMP,           -- of an imported memory: when it was made, elsewhere
    useful BOOLEAN,
    accesses INTEGER,
    retrievals INTEGER,
    injected STRUCT(memory VARCHAR, score DOUBLE)[],
    observations INTEGER,
    project VARCHAR,
    job_kind VARCHAR,
    status VARCHAR,                -- of a job; why a session ended
    learnt INTEGER,                -- memories that a job has made or changed so far
    folded_into VARCHAR
);

-- Where to go on, by workspace.
CREATE OR REPLACE VIEW cursors AS
SELECT workspace, max(seq) AS seq, max(seq) - count(*) AS missing FROM events GROUP BY workspace;

CREATE OR REPLACE VIEW memories AS
SELECT
    workspace,
    subject AS memory,
    coalesce(min(born_at), min(time)) AS born,
    max(time) FILTER (type = 'memory.deleted') AS deleted,
    arg_max(title, seq) FILTER (title IS NOT NULL) AS title,
    arg_max(memory_type, seq) FILTER (memory_type IS NOT NULL) AS type,
    arg_max(tags, seq) FILTER (tags IS NOT NULL) AS tags,
    arg_max(importance, seq) FILTER (importance IS NOT NULL) AS importance,
    arg_max(coalesce(folded_into, ''), seq) FILTER (type = 'memory.folded') AS folded_into,
    CASE
        WHEN bool_or(type = 'memory.imported') THEN 'import'
        WHEN bool_or(type = 'memory.stored' AND session IS NOT NULL) THEN 'session'
        WHEN bool_or(type = 'memory.stored' AND erased) THEN 'deleted since'
        ELSE 'by hand'
    END AS source,
    count(*) FILTER (useful) AS found_useful,
    count(*) FILTER (NOT useful) AS found_useless,
    coalesce(sum(accesses), 0) AS accesses,
    coalesce(sum(retrievals), 0) AS retrievals
FROM events WHERE type LIKE 'memory.%' GROUP BY workspace, subject;

CREATE OR REPLACE VIEW sessions AS
SELECT
    workspace,
    subject AS session,
    min(time) AS started,
    max(time) FILTER (type = 'session.ended') AS ended,
    max(status) FILTER (type = 'session.ended') AS ended_by,
    max(project) AS project,
    coalesce(sum(observations), 0) AS observations,
    coalesce(max(len(injected)), 0) AS injected
FROM events WHERE type LIKE 'session.%' GROUP BY workspace, subject;

CREATE OR REPLACE VIEW jobs AS
SELECT
    workspace,
    subject AS job,
    arg_max(job_kind, seq) AS kind,
    arg_max(status, seq) AS status,
    arg_max(learnt, seq) AS learnt,
    any_value(session) AS session,
    min(time) AS began,
    max(time) AS changed
FROM events WHERE type = 'job.changed' GROUP BY workspace, subject;
