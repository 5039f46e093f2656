/** Events as the gateway tells them, and what they are called here. */
import { api, client, told } from "./client";
import { useSignedIn } from "./session";

export interface CloudEvent {
  id: string;
  type: string;
  subject: string;
  time: string;
  seq: number;
  actor: string;
  revision: number;
  data: Record<string, unknown>;
}

export interface EventsPage {
  events: CloudEvent[];
  /** What to ask with next. */
  after: number;
  /** The log's last; there is no more once `after` has come to it. */
  head: number;
}

export async function readEvents(query: { subject?: string; after?: number; limit?: number }): Promise<EventsPage> {
  return (await told(client.GET("/api/v1/events", { params: { query } }))) as unknown as EventsPage;
}

/** "weft.memory.plan_switched.v1" -> ["memory", "plan switched"]. */
export function partsOf(type: string): [entity: string, verb: string] {
  const [, entity = "", verb = ""] = type.split(".");
  return [entity, verb.replaceAll("_", " ")];
}

/** Where an event's subject can be looked at, if it can. */
export function placeOf({ type, subject }: CloudEvent): string | null {
  if (/\.deleted\.v\d+$|^weft\.event\./.test(type)) return null;
  if (subject.startsWith("mem-")) return `/memories/${subject}`;
  if (subject.startsWith("doc-")) return `/documents/${subject}`;
  return type.startsWith("weft.session.") ? `/sessions/${subject}` : null;
}

/** From an actor, as events name it, to whom people know. */
export function useActorNames(): (actor: string) => string {
  const { person } = useSignedIn();
  const members = api.useQuery("get", "/v1/auth/members");
  const keys = api.useQuery("get", "/v1/auth/api-keys");
  return (actor) => {
    const [kind, id = ""] = actor.split(":");
    if (kind === "account") {
      if (id === person.account_id) return "you";
      return members.data?.members.find(({ account_id }) => account_id === id)?.email ?? "somebody who has left";
    }
    if (kind === "key") return keys.data?.api_keys.find(({ prefix }) => prefix.endsWith(id))?.name ?? `key ${id}`;
    return kind ?? actor;
  };
}
