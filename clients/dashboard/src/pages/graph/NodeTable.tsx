import { useState } from "react";

import { Button } from "../../pieces/Button";
import { Empty } from "../../pieces/states";
import { TypeBadge, count } from "../../pieces/small";
import { Table } from "../../pieces/Table";
import { type Look, isDrawn, isShown } from "./looks";
import type { Drawing } from "./map";

const PAGE = 50;

type Order = "pagerank" | "community" | "edges";

/** The same as the map, for those who can't see it or would rather read. */
export function NodeTable({ drawing, look, onChoose }: { drawing: Drawing; look: Look; onChoose: (memoryId: string) => void }) {
  const [order, setOrder] = useState<Order>("pagerank");
  const [page, setPage] = useState(0);
  const rows = drawing
    .filterNodes((_, node) => isShown(node, look))
    .map((memoryId) => {
      const edges = drawing.filterEdges(memoryId, (_, link) => isDrawn(link, look)).length;
      return { memoryId, edges, ...drawing.getNodeAttributes(memoryId) };
    })
    .sort(
      (one, other) =>
        (order === "community" ? Number(one.community === null) - Number(other.community === null) || (one.community ?? "").localeCompare(other.community ?? "") : 0) ||
        (order === "edges" ? other.edges - one.edges : 0) ||
        (other.pagerank ?? -1) - (one.pagerank ?? -1),
    );
  const begin = Math.min(page * PAGE, Math.max(0, rows.length - 1));
  if (rows.length === 0) return <Empty title="Nothing is left to show">The filters leave out every memory.</Empty>;
  return (
    <div className="graph-table">
      <div className="row split">
        <label className="row small">
          Order by
          <select
            className="input"
            value={order}
            onChange={(event) => {
              setOrder(event.target.value as Order);
              setPage(0);
            }}
          >
            <option value="pagerank">PageRank</option>
            <option value="edges">Edges</option>
            <option value="community">Community</option>
          </select>
        </label>
        <span className="row small">
          <Button small disabled={page === 0} onClick={() => setPage(page - 1)}>
            Previous
          </Button>
          <span className="number" role="status">
            {count(begin + 1)}–{count(Math.min(begin + PAGE, rows.length))} of {count(rows.length)}
          </span>
          <Button small disabled={begin + PAGE >= rows.length} onClick={() => setPage(page + 1)}>
            Next
          </Button>
        </span>
      </div>
      <Table
        caption="Memories of the graph"
        id={({ memoryId }) => memoryId}
        rows={rows.slice(begin, begin + PAGE)}
        columns={[
          {
            head: "Memory",
            cell: ({ memoryId, label }) => (
              <button type="button" className="link" aria-current={look.selected === memoryId ? "true" : undefined} onClick={() => onChoose(memoryId)}>
                {label}
              </button>
            ),
          },
          { head: "Type", cell: ({ kind }) => <TypeBadge type={kind} /> },
          { head: "Community", cell: ({ community }) => community ?? <span className="soft">none</span> },
          { head: "PageRank", cell: ({ pagerank }) => (pagerank === null ? "" : pagerank.toFixed(2)), end: true },
          { head: "Edges", cell: ({ edges }) => count(edges), end: true },
        ]}
      />
    </div>
  );
}
