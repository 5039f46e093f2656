import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";

import { api, type Shape } from "../../api/client";
import { JobPanel } from "../../jobs/JobPanel";
import { Button } from "../../pieces/Button";
import { Page, Panel } from "../../pieces/Page";
import { Answered } from "../../pieces/states";
import { Badge, Time, TypeBadge, counted } from "../../pieces/small";
import { nameOf } from "./Listing";
import { Timeline } from "./Timeline";

const INJECTED_SHOWN = 8;

export function Session({ sessionId }: { sessionId: string }) {
  const query = api.useQuery("get", "/api/v1/sessions/{session_id}", { params: { path: { session_id: sessionId } } });
  if (query.data !== undefined) return <Found session={query.data} />;
  return (
    <Page title="Session">
      <Answered query={query} what="the session">
        {() => null}
      </Answered>
    </Page>
  );
}

function Found({ session }: { session: Shape<"Session"> }) {
  const path = { session_id: session.session_id };
  const queries = useQueryClient();
  const learnt = api.useQuery("get", "/api/v1/sessions/{session_id}/memories", { params: { path } });
  const reread = () => void queries.invalidateQueries({ queryKey: ["get", "/api/v1/sessions/{session_id}/memories"] });
  return (
    <Page
      title={nameOf(session)}
      about={
        <>
          <Link to="/sessions">Sessions</Link> · {session.branch_name != null && <>{session.branch_name} · </>}
          <Time at={session.started_at} exactly />
        </>
      }
      actions={<Badge tone={session.status === "active" ? "good" : undefined}>{session.status}</Badge>}
    >
      <div className="session">
        <div className="session-about">
          <About session={session} />
          {session.extraction_job_id != null && <JobPanel jobId={session.extraction_job_id} title="What was learnt" onChange={reread} />}
          <Injected session={session} />
        </div>
        <Answered query={learnt} what="what was learnt">
          {({ memories }) => <Timeline session={session} learnt={memories} />}
        </Answered>
      </div>
    </Page>
  );
}

function About({ session }: { session: Shape<"Session"> }) {
  return (
    <Panel title="About">
      <dl className="facts small">
        <dt>Path</dt>
        <dd className="mono">{session.project_path}</dd>
        <dt>Session</dt>
        <dd className="mono">{session.session_id}</dd>
        <dt>Namespace</dt>
        <dd>{session.namespace}</dd>
        {session.user_id != null && (
          <>
            <dt>User</dt>
            <dd>{session.user_id}</dd>
          </>
        )}
        <dt>Last seen</dt>
        <dd>
          <Time at={session.last_seen_at} />
        </dd>
        {session.ended_at != null && (
          <>
            <dt>Ended</dt>
            <dd>
              <Time at={session.ended_at} /> {session.ended_by === "sweeper" ? "after being idle" : ""}
            </dd>
          </>
        )}
        {Object.entries(session.metadata ?? {}).map(([name, value]) => (
          <div key={name} className="contents">
            <dt>{name}</dt>
            <dd className="mono">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

/** What the agent was given of the memory when it started. */
function Injected({ session }: { session: Shape<"Session"> }) {
  const [isWhole, setWhole] = useState(false);
  const given = session.injected ?? [];
  const shown = isWhole ? given : given.slice(0, INJECTED_SHOWN);
  const found = useQueries({
    queries: shown.map(({ memory_id }) =>
      api.queryOptions("get", "/api/v1/memories/{memory_id}", { params: { path: { memory_id } } }, { staleTime: 60_000, retry: false }),
    ),
  });
  return (
    <Panel title="What was injected" aside={<span className="soft small">{counted(given.length, "memory", "memories")}</span>}>
      {given.length === 0 ? (
        <p className="soft">Nothing was known yet when it started.</p>
      ) : (
        <>
          <ul className="session-injected">
            {shown.map(({ memory_id, score }, at) => {
              const memory = found[at]?.data;
              return (
                <li key={memory_id}>
                  {memory === undefined ? (
                    <span className="soft">{found[at]?.isError === true ? "Deleted since" : "…"}</span>
                  ) : (
                    <>
                      <Link to={`/memories/${memory_id}`}>{memory.title}</Link>
                      <span className="row small">
                        <TypeBadge type={memory.memory_type} />
                        <span className="soft number">{memory.importance_score === 1 ? "pinned" : score.toFixed(2)}</span>
                      </span>
                    </>
                  )}
                </li>
              );
            })}
          </ul>
          {given.length > shown.length && (
            <Button small quiet onClick={() => setWhole(true)}>
              Show all {given.length}
            </Button>
          )}
        </>
      )}
    </Panel>
  );
}
