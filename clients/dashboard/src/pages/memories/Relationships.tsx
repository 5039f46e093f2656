import { useState } from "react";
import { Link } from "react-router";

import { api, type Shape } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Badge, percent } from "../../pieces/small";

const FIRST = 10;

export function Relationships({ memory }: { memory: Shape<"MemoryDetail"> }) {
  const { outgoing_relationships: out, incoming_relationships: into, warnings } = memory;
  return (
    <div className="stack">
      {warnings.map((warning) => (
        <p className="notice notice-warn" key={warning}>
          {warning}
        </p>
      ))}
      {out.length + into.length === 0 && warnings.length === 0 && <p className="soft">No relationships yet.</p>}
      <Edges title="From this memory" edges={out} other={(edge) => edge.target_memory_id} />
      <Edges title="To this memory" edges={into} other={(edge) => edge.source_memory_id} />
    </div>
  );
}

type Relationship = Shape<"Relationship">;

function Edges({ title, edges, other }: { title: string; edges: Relationship[]; other: (edge: Relationship) => string }) {
  const [shown, show] = useState(FIRST);
  if (edges.length === 0) return null;
  return (
    <section className="stack" aria-label={title}>
      <h3>{title}</h3>
      <ul className="edges">
        {edges.slice(0, shown).map((edge) => (
          <li key={edge.id}>
            <span className="row">
              <Badge>{edge.relationship_type.replaceAll("_", " ")}</Badge>
              <Title memoryId={other(edge)} />
            </span>
            <span className="soft small">
              Confidence {percent(edge.confidence)}, {edge.discovery_method.replaceAll("_", " ")}
              {edge.context != null && `: ${edge.context}`}
            </span>
          </li>
        ))}
      </ul>
      {edges.length > shown && (
        <Button small onClick={() => show(shown + 5 * FIRST)}>
          Show {Math.min(edges.length - shown, 5 * FIRST)} more of {edges.length}
        </Button>
      )}
    </section>
  );
}

/** The other end of an edge, of which the edge has only the id. */
function Title({ memoryId }: { memoryId: string }) {
  const { data } = api.useQuery("get", "/api/v1/memories/{memory_id}", { params: { path: { memory_id: memoryId } } }, { staleTime: 300_000 });
  return <Link to={`/memories/${memoryId}`}>{data?.title ?? memoryId}</Link>;
}
