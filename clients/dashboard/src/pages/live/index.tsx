import { type FormEvent, useState } from "react";
import { Link } from "react-router";

import { type CloudEvent, partsOf, placeOf, useActorNames } from "../../api/events";
import { Button } from "../../pieces/Button";
import { Icon } from "../../pieces/Icon";
import { Page } from "../../pieces/Page";
import { Badge, count, counted, Time } from "../../pieces/small";
import { Empty, ErrorState } from "../../pieces/states";
import { VirtualList } from "../../pieces/VirtualList";
import { type State, useStream } from "./useStream";
import "./live.css";

const ENTITIES = ["memory", "relationship", "session", "document", "job", "event"];
const ROW_PX = 41;

export default function Live() {
  const [entities, choose] = useState<string[]>([]);
  const [after, setAfter] = useState<number | null>(null);
  const [paused, pause] = useState(false);
  const { events, state, fault, clear } = useStream({ types: entities.map((entity) => `weft.${entity}`), after, paused });
  const nameOf = useActorNames();
  const toggle = (entity: string) =>
    choose(entities.includes(entity) ? entities.filter((other) => other !== entity) : [...entities, entity]);
  return (
    <Page
      title="Live"
      full
      about="The events of this workspace, as they happen."
      actions={
        <>
          <StateBadge state={state} />
          <Button onClick={() => pause(!paused)}>
            <Icon name={paused ? "play" : "pause"} /> {paused ? "Resume" : "Pause"}
          </Button>
          <Button onClick={clear} disabled={events.length === 0}>
            Clear
          </Button>
        </>
      }
    >
      <div className="live-tools">
        <div className="row" role="group" aria-label="Only events about">
          {ENTITIES.map((entity) => (
            <Button key={entity} small aria-pressed={entities.includes(entity)} onClick={() => toggle(entity)}>
              {entity}
            </Button>
          ))}
        </div>
        <Replay from={after} onChange={setAfter} />
      </div>
      {fault !== null ? (
        <ErrorState fault={fault} />
      ) : events.length === 0 ? (
        <Empty title={NOTHING[state][0]}>{NOTHING[state][1]}</Empty>
      ) : (
        <>
          <p className="hidden" role="status">
            {counted(events.length, "event")}
          </p>
          <VirtualList
            label="Events, the newest first"
            items={events}
            id={({ seq }) => String(seq)}
            height={ROW_PX}
            total={events.length}
            row={(event) => <Row event={event} actor={nameOf(event.actor)} />}
          />
        </>
      )}
    </Page>
  );
}

const STATES: Record<State, [string, "good" | "warn" | undefined]> = {
  connecting: ["Connecting", undefined],
  live: ["Live", "good"],
  paused: ["Paused", undefined],
  away: ["Not connected", "warn"],
};

/** What stands where no event does. */
const NOTHING: Record<State, [title: string, text: string]> = {
  connecting: ["Connecting", "Events appear here as they happen."],
  live: ["No events yet", "Store a memory or start a session, and its event appears here. Or replay earlier ones."],
  paused: ["Paused", "Resuming continues after the last event: none is missed."],
  away: ["Not connected", "The server can’t be reached. It is tried again every few seconds, and no event is missed."],
};

function StateBadge({ state }: { state: State }) {
  const [text, tone] = STATES[state];
  return (
    <span role="status">
      <Badge tone={tone}>{text}</Badge>
    </span>
  );
}

function Replay({ from, onChange }: { from: number | null; onChange: (after: number | null) => void }) {
  const [text, setText] = useState("0");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange(Number(text));
  };
  return (
    <form className="row" onSubmit={submit}>
      <label className="small" htmlFor="replay">
        Replay after event
      </label>
      <input id="replay" className="input live-seq" type="number" min={0} required value={text} onChange={(event) => setText(event.target.value)} />
      <Button small type="submit">
        Replay
      </Button>
      {from !== null && (
        <Button small onClick={() => onChange(null)}>
          From now on
        </Button>
      )}
    </form>
  );
}

function Row({ event, actor }: { event: CloudEvent; actor: string }) {
  const [entity, verb] = partsOf(event.type);
  const place = placeOf(event);
  const title = event.data["title"] ?? event.data["summary"] ?? event.data["status"];
  return (
    <details className="event">
      <summary>
        <span className="number soft event-seq">{count(event.seq)}</span>
        <Time at={event.time} exactly />
        <strong>
          {entity} {verb}
        </strong>
        <span className="event-title">{typeof title === "string" ? title : ""}</span>
        <span className="soft">{actor}</span>
      </summary>
      <div className="event-body">
        {place !== null && <Link to={place}>Open {event.subject}</Link>}
        <pre tabIndex={0} aria-label="The event">
          <code>{JSON.stringify(event, null, 2)}</code>
        </pre>
      </div>
    </details>
  );
}
