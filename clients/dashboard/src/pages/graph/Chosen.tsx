import { Link } from "react-router";

import { Button, IconButton } from "../../pieces/Button";
import { Icon } from "../../pieces/Icon";
import { TypeBadge, counted, percent } from "../../pieces/small";
import { type Look, isDrawn } from "./looks";
import { type Drawing, neighboursOf } from "./map";
import { RELATIONSHIPS } from "./words";

const NEIGHBOURS_MAX = 40;

/** The memory that is chosen, and what it is connected with. */
export function Chosen({ drawing, memoryId, look, busy, onChoose, onExpand, onBegin, onEnd, begun }: {
  drawing: Drawing;
  memoryId: string;
  look: Look;
  busy: boolean;
  onChoose: (memoryId: string | null) => void;
  onExpand: () => void;
  onBegin: () => void;
  onEnd: () => void;
  /** Whether a path begins at another memory. */
  begun: boolean;
}) {
  if (!drawing.hasNode(memoryId)) return null;
  const node = drawing.getNodeAttributes(memoryId);
  const neighbours = neighboursOf(drawing, memoryId).filter(({ link }) => isDrawn(link, look));
  return (
    <section className="panel stack" aria-label="The chosen memory">
      <div className="row split graph-chosen-head">
        <TypeBadge type={node.kind} />
        <IconButton label="Choose none" onClick={() => onChoose(null)}>
          <Icon name="close" />
        </IconButton>
      </div>
      <h2>
        <Link to={`/memories/${memoryId}`}>{node.label}</Link>
      </h2>
      <dl className="facts small">
        <dt>Importance</dt>
        <dd className="number">{percent(node.importance)}</dd>
        <dt>PageRank</dt>
        <dd className="number">{node.pagerank === null ? "not yet known" : node.pagerank.toFixed(2)}</dd>
        <dt>Community</dt>
        <dd>{node.community ?? "none"}</dd>
      </dl>
      <div className="row">
        <Button small busy={busy} onClick={onExpand}>
          Expand
        </Button>
        <Button small onClick={onBegin}>
          Path from here
        </Button>
        {begun && (
          <Button small primary onClick={onEnd}>
            Path to here
          </Button>
        )}
      </div>
      <div>
        <h3>{counted(neighbours.length, "edge")}</h3>
        <ul className="graph-neighbours">
          {neighbours.slice(0, NEIGHBOURS_MAX).map(({ memoryId: other, node: its, link, leadsAway }) => (
            <li key={`${other} ${link.kind} ${String(leadsAway)}`}>
              <span className="soft small">
                {RELATIONSHIPS[link.kind][leadsAway ? "away" : "back"]} · {percent(link.confidence)}
              </span>
              <button type="button" className="link" onClick={() => onChoose(other)}>
                {its.label}
              </button>
            </li>
          ))}
        </ul>
        {neighbours.length > NEIGHBOURS_MAX && <p className="soft small">and {neighbours.length - NEIGHBOURS_MAX} more</p>}
      </div>
    </section>
  );
}
