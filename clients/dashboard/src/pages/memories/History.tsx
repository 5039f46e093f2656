import { useQuery } from "@tanstack/react-query";

import { type CloudEvent, partsOf, readEvents, useActorNames } from "../../api/events";
import { Time } from "../../pieces/small";
import { Answered } from "../../pieces/states";

const PAGE = 500;

/** What happened to one thing: what, who and when, the newest first. */
export function History({ subject }: { subject: string }) {
  const history = useQuery({ queryKey: ["history", subject], queryFn: () => read(subject) });
  const nameOf = useActorNames();
  return (
    <Answered query={history} what="the history">
      {(events) => (
        <ol className="history">
          {events.map((event) => (
            <li key={event.seq}>
              <Time at={event.time} exactly />
              <span>
                <strong>{partsOf(event.type)[1]}</strong> by {nameOf(event.actor)} <span className="soft">{changes(event)}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Answered>
  );
}

async function read(subject: string): Promise<CloudEvent[]> {
  const events: CloudEvent[] = [];
  for (let after = 0, head = 1; after < head; ) {
    const page = await readEvents({ subject, after, limit: PAGE });
    events.push(...page.events);
    ({ after, head } = page);
  }
  return events.reverse();
}

/** What an event changed, in few words. */
function changes({ type, data }: CloudEvent): string {
  if (type.startsWith("weft.memory.rated.")) return data["useful"] === true ? "useful" : "not useful";
  if ("previous_importance" in data) return `importance ${String(data["previous_importance"])} → ${String(data["importance_score"])}`;
  if (!type.startsWith("weft.memory.revised.")) return "";
  return Object.keys(data)
    .filter((field) => field !== "memory_id")
    .map((field) => field.replaceAll("_", " "))
    .join(", ");
}
