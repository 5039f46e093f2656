// A session of the host as a session of Weft: opened when first needed, fed as things happen, ended with it.

const START_MS = 4_000;
const RECALL_MS = 4_000;
const SEND_MS = 10_000;
const END_MS = 1_500; // all session_end handlers of the host share two seconds when it stops
const FLUSH_MS = 1_000;
const BATCH_MAX = 100;
const WAITING_MAX = 2_000; // observations that wait while Weft is away; the oldest go first
const CONTENT_MAX = 8_000;
const REFUSED = new Set([413, 422]);
const OVER = new Set([404, 409]); // nobody knows the session any more, or it has ended

export class Sessions {
  #known = new Map();

  constructor(gateway, { maxMemories, log }) {
    this.gateway = gateway;
    this.maxMemories = maxMemories;
    this.log = log;
  }

  /** The block of memories for this prompt, or "" where there is none or Weft does not answer in time. */
  async recall(ctx, prompt) {
    const session = this.#of(ctx);
    const id = await this.#begun(session);
    if (!id) return "";
    const query = new URLSearchParams({ max_memories: String(this.maxMemories) });
    if (prompt.trim()) query.set("query", prompt.trim().slice(0, 2_000));
    const path = `/api/v1/sessions/${id}/context?${query}`;
    const found = await this.#try("recall", () => this.gateway.get(path, RECALL_MS), session);
    return found?.memories?.length ? found.context : "";
  }

  /** Notes what happened; sent soon, in order, together with what else happens. */
  observe(ctx, kind, content, files = []) {
    const session = this.#of(ctx);
    const shown = typeof content === "string" ? content : (JSON.stringify(content) ?? "");
    if (!shown.trim()) return;
    session.waiting.push({ kind, content: shown.slice(0, CONTENT_MAX), files, at: new Date().toISOString() });
    if (session.waiting.length > WAITING_MAX) session.waiting.shift();
    session.timer ??= setTimeout(() => void this.flush(ctx), FLUSH_MS).unref();
  }

  /** Returns when everything noted so far is with Weft, or Weft did not take it; then it waits for the next time. */
  async flush(ctx, timeoutMs = SEND_MS) {
    const session = this.#of(ctx);
    clearTimeout(session.timer);
    session.timer = undefined;
    session.sending = session.sending.then(() => this.#send(session, timeoutMs));
    await session.sending;
  }

  /** Ends it: from then on Weft makes memories of it. */
  async end(ctx) {
    const session = this.#of(ctx);
    await this.flush(ctx, END_MS);
    this.#known.delete(nameOf(ctx));
    const path = `/api/v1/sessions/${session.id}/end`;
    if (session.id) await this.#try("end", () => this.gateway.post(path, {}, END_MS), session);
  }

  async endAll() {
    await Promise.all([...this.#known.keys()].map((sessionKey) => this.end({ sessionKey })));
  }

  #of(ctx) {
    const name = nameOf(ctx);
    let session = this.#known.get(name);
    if (!session) {
      session = { waiting: [], sending: Promise.resolve(), place: "openclaw" };
      this.#known.set(name, session);
    }
    session.place = ctx.workspaceDir ?? session.place;
    return session;
  }

  async #begun(session, timeoutMs = START_MS) {
    const asked = { project_path: session.place, metadata: { client: "openclaw" } };
    session.beginning ??= this.#try("start", () => this.gateway.post("/api/v1/sessions/start", asked, timeoutMs));
    const started = await session.beginning;
    if (!started) session.beginning = undefined; // the next one tries again
    session.id = started?.session_id;
    return session.id;
  }

  async #send(session, timeoutMs) {
    while (session.waiting.length) {
      const id = await this.#begun(session, timeoutMs);
      if (!id) return;
      const observations = session.waiting.slice(0, BATCH_MAX);
      const taken = await this.#try("observe", () => this.#post(id, observations, timeoutMs), session);
      if (!taken) return;
      session.waiting.splice(0, observations.length);
    }
  }

  /** What Weft will never take is dropped, and said; else it would hold up all that comes after it. */
  async #post(id, observations, timeoutMs) {
    try {
      return await this.gateway.post(`/api/v1/sessions/${id}/observations`, { observations }, timeoutMs);
    } catch (fault) {
      if (!REFUSED.has(fault.status)) throw fault;
      this.log.warn(`weft: ${observations.length} observations are dropped: ${fault.message}`);
      return {};
    }
  }

  /** Memory must never stop the agent: what fails is logged, and null. */
  async #try(what, ask, session) {
    try {
      return await ask();
    } catch (fault) {
      if (fault.name !== "WeftError") throw fault;
      if (session && OVER.has(fault.status)) session.beginning = session.id = undefined;
      this.log.warn(`weft: ${what}: ${fault.message}`);
      return null;
    }
  }
}

function nameOf(ctx) {
  return ctx.sessionKey ?? ctx.sessionId ?? "default";
}
