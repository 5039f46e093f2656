import type { Shape } from "../../api/client";
import { Badge, count, counted } from "../../pieces/small";

const NAMES: Record<string, string> = { search: "Search index", graph: "Graph", extraction: "Extraction" };

/** How far what is derived is behind the log, and what could not be worked on at all. */
export function Health({ glance }: { glance: Shape<"Overview"> }) {
  const parked = Object.entries(glance.parked).filter(([, many]) => many > 0);
  const unpublished = glance.log.head - glance.log.published;
  return (
    <dl className="facts">
      {Object.entries(glance.behind).map(([name, behind]) => (
        <div key={name} className="contents">
          <dt>{NAMES[name] ?? name}</dt>
          <dd>{behind === null ? <Badge tone="bad">no answer</Badge> : <Lag events={behind} />}</dd>
        </div>
      ))}
      <dt>Published events</dt>
      <dd>
        <Lag events={unpublished} />
      </dd>
      <dt>Parked messages</dt>
      <dd>
        {parked.length === 0 ? (
          <Badge tone="good">none</Badge>
        ) : (
          parked.map(([service, many]) => (
            <Badge key={service} tone="bad">
              {count(many)} in {service}
            </Badge>
          ))
        )}
      </dd>
    </dl>
  );
}

function Lag({ events }: { events: number }) {
  return events === 0 ? <Badge tone="good">up to date</Badge> : <Badge tone="warn">{counted(events, "event")} behind</Badge>;
}
