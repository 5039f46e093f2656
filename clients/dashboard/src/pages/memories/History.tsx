import { useQuery } from "@tanstack/react-query";

import { fetchAs } from "../../api/client";
import { ApiError } from "../../api/errors";
import { type CloudEvent, partsOf, useActorNames } from "../../api/events";
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
    const page = await one(`/api/v1/events?${new URLSearchParams({ subject, after: String(after), limit: String(PAGE) })}`);
    events.push(...page.events);
    ({ after, head } = page);
  }
  return events.reverse();
}

async function one(path: string): Promise<{ events: CloudEvent[]; after: number; head: number }> {
  const response = await fetchAs(new Request(path));
  if (!response.ok) throw await ApiError.of(response);
  return (await response.json()) as { events: CloudEvent[]; after: number; head: number };
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
