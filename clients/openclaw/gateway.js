// The door to Weft: HTTP with the platform's own fetch, and what goes wrong on the way as one kind of error.

const ATTEMPTS = 3;
const RETRY_MS = 200;
const RETRIED = new Set([429, 502, 503, 504]);

/** What Weft answered, or that it did not: `status` is 0 where nobody answered in time. */
export class WeftError extends Error {
  constructor(status, detail) {
    super(status ? `Weft answered ${status}: ${detail}` : `Weft did not answer: ${detail}`);
    this.name = "WeftError";
    this.status = status;
  }
}

export class Gateway {
  /** `url`: scheme, host and port. `key`: a Weft API key; namespaces are a matter of its grants. */
  constructor(url, key) {
    this.url = url.replace(/\/+$/, "");
    this.key = key;
  }

  get(path, timeoutMs) {
    return this.#ask("GET", path, undefined, timeoutMs);
  }

  /** Each write has an Idempotency-Key, so that asking again after a fault does nothing twice. */
  post(path, body, timeoutMs) {
    return this.#ask("POST", path, body, timeoutMs);
  }

  patch(path, body, timeoutMs) {
    return this.#ask("PATCH", path, body, timeoutMs);
  }

  delete(path, timeoutMs) {
    return this.#ask("DELETE", path, undefined, timeoutMs);
  }

  async #ask(method, path, body, timeoutMs) {
    const headers = { Authorization: `Token ${this.key}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET") headers["Idempotency-Key"] = crypto.randomUUID();
    const request = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    const until = AbortSignal.timeout(timeoutMs); // of all attempts together
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#once(path, request, until);
      if (!RETRIED.has(answer.status) || attempt === ATTEMPTS) return read(answer);
      await rest(RETRY_MS * attempt, until);
    }
  }

  async #once(path, request, signal) {
    try {
      return await fetch(this.url + path, { ...request, signal });
    } catch (fault) {
      throw new WeftError(0, fault.cause?.code ?? fault.name);
    }
  }
}

async function read(answer) {
  const text = await answer.text().catch((fault) => {
    throw new WeftError(0, fault.name);
  });
  if (!answer.ok) throw new WeftError(answer.status, detailOf(text));
  return text ? JSON.parse(text) : null;
}

function detailOf(text) {
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === "string") return detail;
    return detail.map((each) => `${each.loc?.join(".")}: ${each.msg}`).join("; ");
  } catch {
    return text.slice(0, 200); // no JSON: something between here and Weft has answered
  }
}

function rest(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new WeftError(0, "TimeoutError"));
    });
  });
}
