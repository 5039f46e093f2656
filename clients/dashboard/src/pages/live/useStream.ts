import { useCallback, useEffect, useRef, useState } from "react";

import { ApiError } from "../../api/errors";
import { type CloudEvent, readEvents } from "../../api/events";
import { eventsOf } from "../../api/stream";

export type State = "connecting" | "live" | "paused" | "away";

export interface Wanted {
  types: readonly string[];
  /** After this `seq`; null for from now on. */
  after: number | null;
  paused: boolean;
}

const KEPT_MAX = 10_000;
const AGAIN_AFTER_MS = 2_000;
const SHOWN_EVERY_MS = 150;

/**
 * The events as they come, the newest first. A pause ends the stream; going on takes it up after the last event, so
 * that none is missed, and so does whatever breaks it.
 */
export function useStream({ types, after, paused }: Wanted) {
  const [events, show] = useState<CloudEvent[]>([]);
  const [state, setState] = useState<State>("connecting");
  const [fault, setFault] = useState<ApiError | null>(null);
  const last = useRef(after);
  const wanted = types.join(" ");

  useEffect(() => {
    last.current = after;
    show([]);
  }, [after, wanted]);

  useEffect(() => {
    if (paused) {
      setState("paused");
      return undefined;
    }
    const ending = new AbortController();
    const arrived: CloudEvent[] = [];
    const timer = setInterval(() => {
      const fresh = arrived.splice(0).reverse();
      if (fresh.length > 0) show((before) => [...fresh, ...before].slice(0, KEPT_MAX));
    }, SHOWN_EVERY_MS);
    const follow = async () => {
      setState("connecting");
      setFault(null);
      last.current ??= await head();
      for await (const { data, id } of eventsOf(path(wanted, last.current), ending.signal, () => setState("live"))) {
        last.current = Number(id);
        arrived.push(JSON.parse(data) as CloudEvent);
      }
    };
    const go = async () => {
      while (!ending.signal.aborted) {
        try {
          await follow();
        } catch (thrown) {
          if (ending.signal.aborted) return;
          setState("away");
          if (thrown instanceof ApiError && thrown.status < 500) {
            setFault(thrown);
            return;
          }
        }
        await new Promise((done) => setTimeout(done, AGAIN_AFTER_MS));
      }
    };
    void go();
    return () => {
      ending.abort();
      clearInterval(timer);
    };
  }, [after, wanted, paused]);

  const clear = useCallback(() => show([]), []);
  return { events, state, fault, clear };
}

/** Where the log ends. "From now on" is after that, also when the connection breaks before anything happens. */
async function head(): Promise<number> {
  return (await readEvents({ limit: 1 })).head;
}

function path(types: string, after: number): string {
  const query = new URLSearchParams(types === "" ? [] : types.split(" ").map((type) => ["types", type]));
  query.set("after", String(after));
  return `/api/v1/events/stream?${query}`;
}
