/** What stands where there is nothing, nothing yet, or something went wrong. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { ApiError, messageOf } from "../api/errors";
import { Button } from "./Button";

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="state">
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}

/** The way out of most emptiness. */
export function ConnectLink() {
  return (
    <Link className="button button-primary" to="/settings/connect">
      Connect your agent
    </Link>
  );
}

export function Loading({ what, lines = 5 }: { what: string; lines?: number }) {
  return (
    <div className="loading" role="status">
      <p className="hidden">Loading {what}…</p>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} aria-hidden="true" />
      ))}
    </div>
  );
}

export function ErrorState({ fault, retry }: { fault: unknown; retry?: () => void }) {
  const isGone = fault instanceof ApiError && fault.status === 404;
  return (
    <div className="state" role="alert">
      <h2>{isGone ? "Not found" : "This could not be loaded"}</h2>
      <p>{messageOf(fault)}</p>
      {retry !== undefined && !isGone && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** A query's data once it is there; until then what there is to say. */
export function Answered<T>({ query, what, children }: {
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch">;
  what: string;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error !== null) return <ErrorState fault={query.error} retry={() => void query.refetch()} />;
  return <Loading what={what} />;
}
