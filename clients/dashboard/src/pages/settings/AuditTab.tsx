import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { client, type Shape, told } from "../../api/client";
import { partsOf, useActorNames } from "../../api/events";
import { Button } from "../../pieces/Button";
import { Only } from "../../pieces/Field";
import { Time } from "../../pieces/small";
import { Answered, Empty } from "../../pieces/states";
import { Table } from "../../pieces/Table";
import { Intro } from "./Intro";

const PAGE = 100;

export function AuditTab() {
  const [action, choose] = useState("");
  const nameOf = useActorNames();
  const trail = useInfiniteQuery({
    queryKey: ["audit", action],
    queryFn: ({ pageParam }) => {
      const query = { limit: PAGE, ...(action === "" ? {} : { action }), ...(pageParam === null ? {} : { cursor: pageParam }) };
      return told(client.GET("/v1/audit", { params: { query } }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page: Shape<"Audit">) => page.next ?? undefined,
  });
  return (
    <div className="stack">
      <Intro>Changes of keys, grants, namespaces, webhooks and the plan, deletions, exports and imports. It holds no content.</Intro>
      <Only label="Action" value={action} onChange={(event) => choose(event.target.value)}>
        <option value="">all</option>
        {ACTIONS.map((each) => (
          <option key={each} value={each}>
            {partsOf(each).join(" ")}
          </option>
        ))}
      </Only>
      <Answered query={trail} what="the audit trail">
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.entries);
          if (entries.length === 0) return <Empty title="No entries" />;
          return (
            <>
              <Table
                caption="The audit trail, the newest first"
                rows={entries}
                id={({ id }) => id}
                columns={[
                  { head: "Time", cell: ({ time }) => <Time at={time} exactly /> },
                  { head: "Actor", cell: ({ actor }) => nameOf(actor) },
                  { head: "Action", cell: (entry) => partsOf(entry.action).join(" ") },
                  { head: "Subject", cell: (entry) => <Of entry={entry} /> },
                ]}
              />
              {trail.hasNextPage && (
                <div>
                  <Button busy={trail.isFetchingNextPage} onClick={() => void trail.fetchNextPage()}>
                    Show older entries
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Answered>
    </div>
  );
}

const ACTIONS = [
  "weft.key.issued.v1",
  "weft.key.renamed.v1",
  "weft.key.rotated.v1",
  "weft.key.scoped.v1",
  "weft.key.revoked.v1",
  "weft.namespace.created.v1",
  "weft.namespace.changed.v1",
  "weft.webhook.created.v1",
  "weft.webhook.changed.v1",
  "weft.webhook.rotated.v1",
  "weft.webhook.deleted.v1",
  "weft.memory.deleted.v1",
  "weft.relationship.deleted.v1",
  "weft.document.deleted.v1",
  "weft.workspace.renamed.v1",
  "weft.workspace.plan_switched.v1",
  "weft.workspace.exported.v1",
  "weft.workspace.imported.v1",
];

function Of({ entry }: { entry: Shape<"AuditEntry"> }) {
  const { detail = {} } = entry;
  return (
    <details>
      <summary>{nameIn(entry) ?? <code>{entry.entity_id}</code>}</summary>
      <pre className="audit-detail">
        <code>{JSON.stringify({ entity_id: entry.entity_id, ...detail }, null, 2)}</code>
      </pre>
    </details>
  );
}

/** What it is called, or is called now, where the trail knows that: names are settings, titles are content. */
function nameIn({ action, detail = {} }: Shape<"AuditEntry">): string | null {
  const said = detail["name"] ?? (action.startsWith("weft.namespace.") ? detail["namespace"] : null);
  const name: unknown = typeof said === "object" && said !== null && "after" in said ? said.after : said;
  return typeof name === "string" ? name : null;
}
