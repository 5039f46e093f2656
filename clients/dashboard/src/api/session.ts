/**
 * Who has signed in, and in which workspace they are. Tokens live in this module's memory and nowhere else; what keeps
 * a login over a reload is the refresh token, in a cookie that scripts can't read.
 */
import { useSyncExternalStore } from "react";

import { ApiError, messageOf } from "./errors";
import type { components } from "./schema";

type Person = components["schemas"]["Person"];
type Workspace = components["schemas"]["ManagedWorkspace"];
type Tokens = components["schemas"]["TokenAnswer"];
type WorkspaceToken = components["schemas"]["WorkspaceTokenAnswer"];

export type SignedIn = { status: "in"; person: Person; workspaces: Workspace[]; workspace: Workspace | null };
export type Session = { status: "unknown" } | { status: "out"; because?: string } | SignedIn;

interface Secret {
  text: string;
  endsAt: number;
}

const MARGIN_MS = 30_000;
const CHOSEN = "weft.workspace";

let session: Session = { status: "unknown" };
let access: Secret | null = null;
let entry: Secret | null = null;
let renewing: Promise<string> | null = null;
let entering: Promise<string> | null = null;
const listeners = new Set<() => void>();

function tell(next: Session): void {
  session = next;
  listeners.forEach((listener) => listener());
}

export function useSession(): Session {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => session,
  );
}

/** For pages, which are shown to nobody else. */
export function useSignedIn(): SignedIn {
  const now = useSession();
  if (now.status !== "in") throw new Error("nobody has signed in");
  return now;
}

/** Whether the person may do what only owners may. The gateway refuses it to others in any case. */
export function useIsOwner(): boolean {
  return useSignedIn().person.role === "owner";
}

export function presentWorkspace(): Workspace | null {
  return session.status === "in" ? session.workspace : null;
}

export async function signIn(email: string, password: string): Promise<void> {
  await take(await post<Tokens>("/v1/auth/login", { email, password, cookie: true }));
}

/** Goes on with the login in the cookie, if there is one. */
export async function resume(): Promise<void> {
  try {
    await renew();
  } catch (fault) {
    const isNobody = fault instanceof ApiError && fault.status === 401;
    leave(isNobody ? undefined : messageOf(fault));
  }
}

export async function signOut(): Promise<void> {
  await fetch("/v1/auth/logout", { method: "POST" });
  leave();
}

/** Forgets everything, without a word to the server. */
export function leave(because?: string): void {
  access = entry = null;
  tell(because === undefined ? { status: "out" } : { status: "out", because });
}

export function chooseWorkspace(workspaceId: string): void {
  if (session.status !== "in") return;
  const workspace = session.workspaces.find((each) => each.workspace_id === workspaceId);
  if (workspace === undefined) return;
  localStorage.setItem(CHOSEN, workspaceId);
  entry = null;
  tell({ ...session, workspace });
}

/** Reads the person and their workspaces again: after a workspace was made, renamed or ended, or a password chosen. */
export async function reread(): Promise<void> {
  await arrive(await get<Person>("/v1/auth/me"));
}

async function arrive(person: Person): Promise<void> {
  // Who has yet to choose a password is shown nothing else.
  const { workspaces } = person.must_change_password ? { workspaces: [] } : await get<{ workspaces: Workspace[] }>("/v1/workspaces");
  const wanted = localStorage.getItem(CHOSEN);
  const workspace = workspaces.find((each) => each.workspace_id === wanted) ?? workspaces[0] ?? null;
  tell({ status: "in", person, workspaces, workspace });
}

/** A token for management paths that is good for a while yet. */
export async function accessToken(): Promise<string> {
  return isGood(access) ? access.text : await renew();
}

/** A token for the data of the present workspace that is good for a while yet. */
export async function dataToken(): Promise<string> {
  return isGood(entry) ? entry.text : await enter();
}

/** After a 401: what was thought good is not. Namespaces made since a token was given are not in it either. */
export function distrust(which: "access" | "data"): void {
  if (which === "access") access = null;
  else entry = null;
}

function isGood(secret: Secret | null): secret is Secret {
  return secret !== null && secret.endsAt - MARGIN_MS > Date.now();
}

function renew(): Promise<string> {
  // A refresh token is good for one use, in all tabs together: they take turns.
  renewing ??= inTurn(async () => take(await post<Tokens>("/v1/auth/refresh", {}))).finally(() => (renewing = null));
  return renewing;
}

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? (navigator.locks.request("weft-refresh", work) as Promise<T>) : work();
}

async function take(tokens: Tokens): Promise<string> {
  access = { text: tokens.access_token, endsAt: Date.now() + tokens.expires_in * 1000 };
  if (session.status !== "in") await arrive(tokens.person);
  return tokens.access_token;
}

function enter(): Promise<string> {
  entering ??= (async () => {
    for (;;) {
      const wanted = present();
      const given = await post<WorkspaceToken>("/v1/auth/workspace-token", { tenant_id: wanted }, await bearer());
      if (present() !== wanted) continue; // another was chosen meanwhile
      entry = { text: given.token, endsAt: Date.now() + given.expires_in * 1000 };
      return given.token;
    }
  })().finally(() => (entering = null));
  return entering;
}

function present(): string {
  const found = presentWorkspace();
  if (found === null) throw new ApiError(404, "There is no workspace yet.");
  return found.workspace_id;
}

async function bearer(): Promise<Record<string, string>> {
  return { Authorization: `Bearer ${await accessToken()}` };
}

async function get<T>(path: string): Promise<T> {
  return answer(await fetch(path, { headers: await bearer() }));
}

async function post<T>(path: string, body: object, headers: Record<string, string> = {}): Promise<T> {
  const json = { ...headers, "Content-Type": "application/json" };
  // What was asked for before the page is left is still taken in: a refresh token is good for one use.
  return answer(await fetch(path, { method: "POST", headers: json, body: JSON.stringify(body), keepalive: true }));
}

async function answer<T>(response: Response): Promise<T> {
  if (!response.ok) throw await ApiError.of(response);
  return (await response.json()) as T;
}
