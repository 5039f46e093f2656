/** The gateway's API, typed from its OpenAPI document. What isn't a success is thrown as an ApiError. */
import createClient from "openapi-fetch";
import createHooks from "openapi-react-query";

import { ApiError } from "./errors";
import type { components, paths } from "./schema";
import { accessToken, dataToken, distrust, leave, presentWorkspace } from "./session";

export type Shape<Name extends keyof components["schemas"]> = components["schemas"][Name];

const DATA = /^\/(api\/v1\/|v1\/(documents|query|search|facts|entities)(\/|$))/;
const ACCEPTED_POLL_MS = 500;
const ACCEPTED_POLLS_MAX = 60;

/**
 * `fetch` with the credentials that the path asks for: the access token for management, with the present workspace in
 * `X-Tenant-Id`; that workspace's own token for data. A token that turns out to be dead is replaced once.
 */
export async function fetchAs(request: Request): Promise<Response> {
  const again = isFile(request) ? null : request.clone();
  const response = await send(request);
  if (response.status !== 401 || again === null) return response;
  distrust(isData(request) ? "data" : "access");
  return send(again);
}

async function send(request: Request): Promise<Response> {
  try {
    await authorize(request);
  } catch (fault) {
    if (fault instanceof ApiError && fault.status === 401) leave("Your login has ended. Please sign in again.");
    throw fault;
  }
  return fetch(request);
}

async function authorize(request: Request): Promise<void> {
  const { headers, url } = request;
  if (!isData(request)) {
    headers.set("Authorization", `Bearer ${await accessToken()}`);
    const workspace = presentWorkspace();
    if (workspace !== null && !headers.has("X-Tenant-Id")) headers.set("X-Tenant-Id", workspace.workspace_id);
  } else if (new URL(url).pathname.startsWith("/api/")) headers.set("Authorization", `Token ${await dataToken()}`);
  else headers.set("X-API-Key", await dataToken());
}

/** A file is read while it is sent, and not kept for a second time. */
function isFile(request: Request): boolean {
  const type = request.headers.get("Content-Type");
  return type !== null && !type.startsWith("application/json");
}

function isData(request: Request): boolean {
  return DATA.test(new URL(request.url).pathname);
}

type Accepted = Shape<"Accepted">;

/**
 * The answer, or where that is "accepted, not decided yet" what was decided. What only the first answer has (a key's
 * secret) is in it too. Throws ApiError if it was refused.
 */
async function decided(response: Response): Promise<Response> {
  const where = response.status === 202 ? response.headers.get("Location") : null;
  if (where === null || !where.includes("/commands/")) return response;
  const accepted = (await response.json()) as Accepted;
  for (let polls = 0; polls < ACCEPTED_POLLS_MAX; polls++) {
    await new Promise((done) => setTimeout(done, ACCEPTED_POLL_MS));
    const state = (await (await fetchAs(new Request(where))).json()) as Shape<"CommandState">;
    if (state.status === "committed") return Response.json({ ...accepted, ...(state.result as object | null) });
    if (state.status !== "accepted") throw new ApiError(409, state.refusal?.detail ?? "The server could not do this.");
  }
  throw new ApiError(503, "The server has taken this down, and will do it later.");
}

export const client = createClient<paths>({ baseUrl: location.origin, fetch: fetchAs });

client.use({
  async onResponse({ response }) {
    if (!response.ok) throw await ApiError.of(response);
    return decided(response);
  },
});

/** `api.useQuery("get", path, init)` and so on, as openapi-react-query has them. */
export const api = createHooks(client);

/** What a call was answered with, once it is decided; for `await told(client.POST(...))`. */
export async function told<T>(call: Promise<{ data?: T }>): Promise<Exclude<T, Accepted>> {
  return (await call).data as Exclude<T, Accepted>;
}
