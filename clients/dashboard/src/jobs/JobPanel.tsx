import { type ReactNode, useState } from "react";

import { Button } from "../pieces/Button";
import { Panel } from "../pieces/Page";
import { Answered } from "../pieces/states";
import { Badge, Time, count } from "../pieces/small";
import { toast, toastFault } from "../pieces/Toast";
import { type Job, isRetryable, useJob, useRetry } from "./useJob";

const TONES: Record<Job["status"], "good" | "warn" | "bad" | undefined> = {
  queued: undefined,
  running: undefined,
  waiting: "warn",
  completed: "good",
  empty: "warn",
  failed: "bad",
};

export const KINDS: Record<Job["kind"], string> = {
  extraction: "Extraction from a session",
  document: "Reading a document",
  importance: "Importance, nightly",
  reclassification: "Reclassification, nightly",
  consolidation: "Consolidation, nightly",
  retention: "Retention, nightly",
};

/** A status, or how many jobs have it. */
export function JobBadge({ status, many }: { status: Job["status"]; many?: number }) {
  return (
    <Badge tone={TONES[status]}>
      {many !== undefined && `${count(many)} `}
      {status}
    </Badge>
  );
}

export function RetryButton({ job }: { job: Job }) {
  const [busy, setBusy] = useState(false);
  const retry = useRetry();
  if (!isRetryable(job)) return null;
  const again = () => {
    setBusy(true);
    retry(job.job_id)
      .then(() => toast("Queued again."), toastFault)
      .finally(() => setBusy(false));
  };
  return (
    <Button small busy={busy} onClick={again}>
      Retry
    </Button>
  );
}

/** What became of a job, as it happens. */
export function JobPanel({ jobId, title, onChange, children }: {
  jobId: string;
  title: string;
  onChange: () => void;
  children?: ReactNode;
}) {
  const query = useJob(jobId, onChange);
  return (
    <Panel title={title} aside={query.data !== undefined && <RetryButton job={query.data} />}>
      <Answered query={query} what="the job">
        {(job) => (
          <div className="stack">
            <div className="row" role="status">
              <JobBadge status={job.status} />
              <span className="soft small">
                <Time at={job.updated_at} />
              </span>
            </div>
            {job.reason != null && <p>{job.reason}</p>}
            {job.error != null && <p className="notice notice-bad">{job.error}</p>}
            <dl className="facts small">
              {Object.entries(job.counts ?? {}).map(([name, value]) => (
                <div key={name} className="contents">
                  <dt>{name.replaceAll("_", " ")}</dt>
                  <dd className="number">{typeof value === "number" ? count(value) : String(value)}</dd>
                </div>
              ))}
              <dt>attempts</dt>
              <dd className="number">{count(job.attempts ?? 1)}</dd>
            </dl>
            {children}
          </div>
        )}
      </Answered>
    </Panel>
  );
}
