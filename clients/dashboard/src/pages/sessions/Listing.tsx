import { useState } from "react";
import { Link } from "react-router";

import { api, type Shape } from "../../api/client";
import { JobBadge, KINDS, RetryButton } from "../../jobs/JobPanel";
import type { Job } from "../../jobs/useJob";
import { Only } from "../../pieces/Field";
import { Page } from "../../pieces/Page";
import { PAGE, Pager } from "../../pieces/Pager";
import { Answered, ConnectLink, Empty } from "../../pieces/states";
import { Badge, Time, count } from "../../pieces/small";
import { Table } from "../../pieces/Table";
import { Tabs } from "../../pieces/Tabs";

type Session = Shape<"Session">;

const JOBS_MAX = 500;
const SESSION_STATUSES = ["active", "ended"] as const;
const JOB_STATUSES = ["queued", "running", "waiting", "completed", "empty", "failed"] as const;

/** Which part of a list is shown: of one status or, with "", of all, from a place on. */
interface Shown<Status extends string> {
  status: Status | "";
  offset: number;
}

export function Listing() {
  return (
    <Page title="Sessions" about="What agents did, what was injected when they started, and what was learnt from it.">
      <Tabs
        label="Sessions and jobs"
        tabs={[
          { id: "sessions", text: "Sessions", content: () => <SessionList /> },
          { id: "jobs", text: "Jobs", content: () => <JobList /> },
        ]}
      />
    </Page>
  );
}

function asked<Status extends string>({ status, offset }: Shown<Status>) {
  return { limit: PAGE, offset, ...(status === "" ? {} : { status }) };
}

/** Above a list: which statuses it shows, the newest first whenever another is chosen, and its pages. */
function Bar<Status extends string>({ statuses, shown, onShow, got }: {
  statuses: readonly Status[];
  shown: Shown<Status>;
  onShow: (shown: Shown<Status>) => void;
  got: number | undefined;
}) {
  return (
    <div className="row split">
      <Only label="Status" value={shown.status} onChange={(event) => onShow({ status: event.target.value as Status | "", offset: 0 })}>
        <option value="">all</option>
        {statuses.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </Only>
      <Pager offset={shown.offset} onTurn={(offset) => onShow({ ...shown, offset })} got={got} />
    </div>
  );
}

function SessionList() {
  const [shown, show] = useState<Shown<Session["status"]>>({ status: "", offset: 0 });
  const query = api.useQuery(
    "get",
    "/api/v1/sessions",
    { params: { query: asked(shown) } },
    { placeholderData: (before) => before },
  );
  const jobs = api.useQuery("get", "/api/v1/jobs", { params: { query: { limit: JOBS_MAX } } });
  const jobOf = new Map(jobs.data?.map((job) => [job.job_id, job]));
  return (
    <div className="stack">
      <Bar statuses={SESSION_STATUSES} shown={shown} onShow={show} got={query.data?.length} />
      <Answered query={query} what="sessions">
        {(found) =>
          found.length === 0 ? (
            <Empty title={shown.status === "" ? "No sessions yet" : `No ${shown.status} sessions`} action={shown.status === "" && <ConnectLink />}>
              {shown.status === "" && "A connected agent starts one when it begins to work."}
            </Empty>
          ) : (
            <Table
              caption="Sessions, the newest first"
              id={({ session_id }) => session_id}
              rows={found}
              columns={[
                {
                  head: "Project",
                  cell: (session) => (
                    <>
                      <Link to={`/sessions/${encodeURIComponent(session.session_id)}`}>{nameOf(session)}</Link>
                      {session.branch_name != null && <span className="soft small"> {session.branch_name}</span>}
                    </>
                  ),
                },
                { head: "Started", cell: ({ started_at }) => <Time at={started_at} /> },
                { head: "Status", cell: ({ status }) => <Badge tone={status === "active" ? "good" : undefined}>{status}</Badge> },
                { head: "Observations", cell: ({ observation_count }) => count(observation_count ?? 0), end: true },
                { head: "Memories", cell: ({ extraction_job_id }) => <Outcome job={jobOf.get(extraction_job_id ?? "")} />, end: true },
              ]}
            />
          )
        }
      </Answered>
    </div>
  );
}

/** How many memories came of a session, or why none. */
function Outcome({ job }: { job: Job | undefined }) {
  if (job === undefined) return null;
  if (job.status === "completed") return <>{count(job.memory_ids?.length ?? 0)}</>;
  return (
    <span title={job.reason ?? job.error ?? undefined}>
      <JobBadge status={job.status} />
    </span>
  );
}

function JobList() {
  const [shown, show] = useState<Shown<Job["status"]>>({ status: "", offset: 0 });
  const query = api.useQuery(
    "get",
    "/api/v1/jobs",
    { params: { query: asked(shown) } },
    { placeholderData: (before) => before, refetchInterval: 10_000 },
  );
  return (
    <div className="stack">
      <Bar statuses={JOB_STATUSES} shown={shown} onShow={show} got={query.data?.length} />
      <Answered query={query} what="jobs">
        {(found) =>
          found.length === 0 ? (
            <Empty title={shown.status === "" ? "No jobs yet" : `No ${shown.status} jobs`}>One starts when a session ends or a document is uploaded.</Empty>
          ) : (
            <Table
              caption="Jobs, the newest first"
              id={({ job_id }) => job_id}
              rows={found}
              columns={[
                { head: "Job", cell: (job) => <Subject job={job} /> },
                { head: "Created", cell: ({ created_at }) => <Time at={created_at} /> },
                { head: "Status", cell: ({ status }) => <JobBadge status={status} /> },
                { head: "Reason", cell: ({ reason, error }) => error ?? reason ?? "" },
                { head: "Memories", cell: ({ memory_ids }) => count(memory_ids?.length ?? 0), end: true },
                { head: "", cell: (job) => <RetryButton job={job} />, end: true },
              ]}
            />
          )
        }
      </Answered>
    </div>
  );
}

function Subject({ job }: { job: Job }) {
  const text = KINDS[job.kind];
  if (job.session_id != null) return <Link to={`/sessions/${encodeURIComponent(job.session_id)}`}>{text}</Link>;
  if (job.document_id != null) return <Link to={`/documents/${job.document_id}`}>{text}</Link>;
  return (
    <>
      {text} <span className="soft small">{job.day}</span>
    </>
  );
}

export function nameOf(session: Session): string {
  return session.project_name ?? session.project_path;
}
