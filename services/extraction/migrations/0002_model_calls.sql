-- What a language model was asked, what that cost, and what came of it.

SET LOCAL search_path = extraction;

-- Why the job was asked for (last): `ended`, or `retried`. Each of its calls says so too.
ALTER TABLE jobs ADD COLUMN cause text NOT NULL DEFAULT 'ended';

-- One row per call, written before it is made. No text.
CREATE TABLE calls (
    workspace_id text NOT NULL,
    call_id bigint GENERATED ALWAYS AS IDENTITY,
    job_id text NOT NULL,
    version integer NOT NULL,             -- of the job when the call was made: a retry may try anew
    session_id text NOT NULL,
    cause text NOT NULL,
    model text NOT NULL,
    prompt_version text NOT NULL,
    part smallint NOT NULL,               -- the window, from 1
    parts smallint NOT NULL,
    key text NOT NULL,                    -- of the question (asking.key_of)
    input_tokens integer NOT NULL,        -- estimated until the endpoint says
    output_tokens integer NOT NULL DEFAULT 0,
    cost numeric(14, 6),                  -- null where there are no prices
    outcome text,                         -- answered, failed, unanswered, misconfigured, or how it was refused; null
                                          -- while it is under way, and for ever where the process died meanwhile
    begun_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (workspace_id, call_id),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE INDEX calls_by_time ON calls (workspace_id, begun_at);
CREATE INDEX calls_by_job ON calls (workspace_id, job_id, key);

-- What came of an answer, until all that the session taught is in `steps`. An answer that taught nothing stays, and
-- holds no text: the same question need not be asked again.
CREATE TABLE answers (
    workspace_id text NOT NULL,
    job_id text NOT NULL,
    key text NOT NULL,
    learnt jsonb NOT NULL,
    PRIMARY KEY (workspace_id, job_id, key),
    FOREIGN KEY (workspace_id, job_id) REFERENCES jobs ON DELETE CASCADE
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['calls', 'answers'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY one_workspace ON %I TO weft_extraction'
            ' USING (workspace_id = current_setting(''app.workspace''))'
            ' WITH CHECK (workspace_id = current_setting(''app.workspace''))', name);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE ON calls TO weft_extraction;
GRANT SELECT, INSERT, DELETE ON answers TO weft_extraction;
