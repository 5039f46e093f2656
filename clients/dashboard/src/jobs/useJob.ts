import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { api, client, type Shape, told } from "../api/client";
import { eventsOf } from "../api/stream";
import { toastFault } from "../pieces/Toast";

export type Job = Shape<"Job">;

const FINAL: readonly Job["status"][] = ["completed", "empty", "failed"];
const PATH = "/api/v1/jobs/{job_id}";

export function isFinal(job: Job): boolean {
  return FINAL.includes(job.status);
}

/** Whether asking for it once more is of use: nightly work comes again by itself. */
export function isRetryable(job: Job): boolean {
  return ["failed", "empty", "waiting"].includes(job.status) && (job.session_id != null || job.document_id != null);
}

/**
 * A job, followed to its end. `onChange` is called whenever it may have moved on: also where it was over when it was
 * first read, for what it works on may have been read before that.
 */
export function useJob(jobId: string, onChange: () => void) {
  const init = { params: { path: { job_id: jobId } } };
  const query = api.useQuery("get", PATH, init);
  const queries = useQueryClient();
  const isRead = query.data !== undefined;
  const isOver = isRead && isFinal(query.data);
  useEffect(() => {
    if (!isRead) return undefined;
    if (isOver) return onChange();
    const leaving = new AbortController();
    const follow = async () => {
      for await (const { event, data } of eventsOf(`/api/v1/jobs/${jobId}/events`, leaving.signal)) {
        if (event !== "job") continue;
        queries.setQueryData(["get", PATH, init], JSON.parse(data));
        onChange();
      }
    };
    follow().catch((fault: unknown) => leaving.signal.aborted || toastFault(fault));
    return () => leaving.abort();
    // It is followed anew when it is another job, or began again.
  }, [jobId, isRead, isOver]);
  return query;
}

/** Queues it once more; what was read of jobs is read again. */
export function useRetry() {
  const queries = useQueryClient();
  return async (jobId: string) => {
    await told(client.POST("/api/v1/jobs/{job_id}/retry", { params: { path: { job_id: jobId } } }));
    await Promise.all(["/api/v1/jobs", PATH].map((path) => queries.invalidateQueries({ queryKey: ["get", path] })));
  };
}
