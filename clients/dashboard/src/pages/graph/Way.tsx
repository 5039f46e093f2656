import { Button } from "../../pieces/Button";
import { Panel } from "../../pieces/Page";
import { Answered } from "../../pieces/states";
import { counted, percent } from "../../pieces/small";
import { api, type Shape } from "../../api/client";
import type { Drawing } from "./map";
import { RELATIONSHIPS } from "./words";

export interface Ends {
  from: string;
  /** Null: yet to be chosen. */
  to: string | null;
}

const DEPTH_MAX = 10;

/** The shortest way between the two; null while there is nothing to be asked or no answer. */
export function useWay(ends: Ends | null) {
  return api.useQuery(
    "post",
    "/api/v1/memories/path",
    { body: { source_memory_id: ends?.from ?? "", target_memory_id: ends?.to ?? "", max_depth: DEPTH_MAX } },
    { enabled: ends?.to !== null && ends !== null },
  );
}

export function Way({ drawing, ends, query, onChoose, onForget }: {
  drawing: Drawing;
  ends: Ends;
  query: ReturnType<typeof useWay>;
  onChoose: (memoryId: string) => void;
  onForget: () => void;
}) {
  const forget = (
    <Button small quiet onClick={onForget}>
      Forget
    </Button>
  );
  return (
    <Panel title="Path" aside={forget}>
      {ends.to === null ? (
        <p className="soft">
          From <strong>{titleOf(drawing, ends.from)}</strong>. Choose another memory, then “Path to here”.
        </p>
      ) : (
        <Answered query={query} what="the path">
          {(found) => <Steps drawing={drawing} from={ends.from} to={ends.to ?? ""} found={found} onChoose={onChoose} />}
        </Answered>
      )}
    </Panel>
  );
}

function Steps({ drawing, from, to, found, onChoose }: {
  drawing: Drawing;
  from: string;
  to: string;
  found: Shape<"Path">;
  onChoose: (memoryId: string) => void;
}) {
  if (found.path.length === 0)
    return (
      <p className="notice">
        There is no way of {DEPTH_MAX} steps or fewer from {titleOf(drawing, from)} to {titleOf(drawing, to)}.
      </p>
    );
  return (
    <>
      <p className="soft small">{counted(found.depth, "step")}</p>
      <ol className="graph-steps">
        {found.path.map((memoryId, at) => {
          const edge = at === 0 ? undefined : found.edges[at - 1];
          return (
            <li key={memoryId}>
              {edge !== undefined && (
                <span className="soft small">
                  {RELATIONSHIPS[edge.relationship_type][edge.target_memory_id === memoryId ? "away" : "back"]} · {percent(edge.confidence)}
                </span>
              )}
              <button type="button" className="link" onClick={() => onChoose(memoryId)}>
                {titleOf(drawing, memoryId)}
              </button>
            </li>
          );
        })}
      </ol>
    </>
  );
}

function titleOf(drawing: Drawing, memoryId: string): string {
  return drawing.hasNode(memoryId) ? drawing.getNodeAttribute(memoryId, "label") : memoryId;
}
