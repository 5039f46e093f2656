/** Server-sent events over `fetch`, which unlike EventSource can carry an Authorization header. */
import { fetchAs } from "./client";
import { ApiError } from "./errors";

export interface ServerSentEvent {
  id: string | null;
  event: string;
  data: string;
}

/** The events at `path` until the server or `signal` ends them. `onOpen` is called once they are promised. Throws ApiError if it is refused. */
export async function* eventsOf(path: string, signal: AbortSignal, onOpen?: () => void): AsyncGenerator<ServerSentEvent> {
  const request = new Request(path, { signal, headers: { Accept: "text/event-stream" }, cache: "no-store" });
  const response = await fetchAs(request);
  if (!response.ok || response.body === null) throw await ApiError.of(response);
  onOpen?.();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parse(block);
      if (event !== null) yield event;
    }
  }
}

function parse(block: string): ServerSentEvent | null {
  const found: ServerSentEvent = { id: null, event: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const [name, value] = colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
    if (name === "data") data.push(value);
    else if (name === "event") found.event = value;
    else if (name === "id") found.id = value;
  }
  found.data = data.join("\n");
  return data.length > 0 ? found : null;
}
