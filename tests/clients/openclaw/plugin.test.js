// The plugin in a host of our own making, before a real Weft (MEMORIES_API_URL, MEMORIES_API_TOKEN), a slow one and none.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import manifest from "../../../clients/openclaw/openclaw.plugin.json" with { type: "json" };
import { Host } from "./host.js";

const NOBODY = "http://127.0.0.1:9";
const ctx = () => ({ sessionKey: `s-${crypto.randomUUID()}`, workspaceDir: "/srv/project" });
const url = process.env.MEMORIES_API_URL;
const headers = { Authorization: `Token ${process.env.MEMORIES_API_TOKEN}` };
const read = async (path) => (await fetch(url + path, { headers })).json();

async function eventually(holds, what) {
  for (const until = Date.now() + 180_000; Date.now() < until; await new Promise((go) => setTimeout(go, 50))) {
    if (await holds()) return;
  }
  assert.fail(`${what} did not come`);
}

test("what is registered is what the manifest declares", () => {
  const host = new Host();
  assert.deepEqual([...host.tools.keys()].sort(), [...manifest.contracts.tools].sort());
  assert.equal(manifest.kind, "memory");
  assert.match(host.memory.promptBuilder({}).join("\n"), /memory_search/);
});

test("without a key it says so and registers nothing", () => {
  const kept = process.env.MEMORIES_API_TOKEN;
  delete process.env.MEMORIES_API_TOKEN;
  try {
    const host = new Host();
    assert.equal(host.tools.size + host.hooks.size, 0);
    assert.match(host.logged.join(), /error: weft: set apiUrl and apiKey/);
  } finally {
    process.env.MEMORIES_API_TOKEN = kept;
  }
});

test("what is stored is found, read, changed and deleted", async () => {
  const host = new Host();
  const stored = await host.call("memory_store", { content: "We pin every dependency. A floating one broke the build.", tags: ["build"] });
  const id = stored.details.memory_id;
  assert.match(stored.content[0].text, new RegExp(`^Stored as ${id}`));
  assert.equal(stored.details.title, "We pin every dependency.");
  await eventually(async () => (await host.call("memory_search", { query: "floating dependency" })).details.results.length, "the memory in the index");
  const found = await host.call("memory_search", { query: "floating dependency", tags: ["build"] });
  assert.match(found.content[0].text, new RegExp(id));
  assert.ok((await read(`/api/v1/memories/${id}`)).retrieval_count >= 1);
  assert.match((await host.call("memory_get", { memory_id: id })).content[0].text, /broke the build/);
  assert.equal((await read(`/api/v1/memories/${id}`)).access_count, 1);
  assert.equal((await host.call("memory_update", { memory_id: id, title: "Pin all" })).details.revision, 2);
  await host.call("memory_delete", { memory_id: id });
  const gone = await host.call("memory_get", { memory_id: id });
  assert.equal(gone.isError, true);
  assert.equal(gone.details.status, 404);
});

test("what Weft refuses is told to the agent", async () => {
  const refused = await new Host().call("memory_store", { content: "x", importance_score: 7 });
  assert.equal(refused.details.status, 422);
  assert.match(refused.content[0].text, /importance_score/);
});

test("a turn is given what earlier sessions noted, and a session becomes observations and ends", async () => {
  const host = new Host();
  const here = ctx();
  const pinned = await host.call("memory_store", { content: "Deploys happen on Tuesdays only.", importance_score: 1 });
  const given = await host.emit("before_prompt_build", { prompt: "when do we deploy?", messages: [] }, here);
  assert.match(given.prependContext, /Deploys happen on Tuesdays only/);
  await host.emit("after_tool_call", { toolName: "exec", params: { path: "deploy.sh" }, result: "ok" }, here);
  await host.emit("after_tool_call", { toolName: "memory_get", params: { memory_id: pinned.details.memory_id } }, here);
  const messages = [{ role: "user", content: "go" }, { role: "assistant", content: [{ type: "text", text: "Deployed on Tuesday." }] }];
  await host.emit("agent_end", { messages, success: true }, here);
  const listed = await read("/api/v1/sessions");
  const session = listed.sessions?.[0] ?? listed[0];
  assert.equal(session.project_path, "/srv/project");
  assert.equal(session.observation_count, 2, "the call of the memory tool is none");
  await host.emit("session_end", { sessionId: "x", messageCount: 2, reason: "new" }, here);
  assert.notEqual((await read(`/api/v1/sessions/${session.session_id}`)).status, "active");
  assert.deepEqual(host.logged, []);
});

test("without Weft the agent goes on, and is told", async () => {
  const host = new Host({ apiUrl: NOBODY });
  const here = ctx();
  assert.equal(await host.emit("before_prompt_build", { prompt: "hello", messages: [] }, here), undefined);
  await host.emit("after_tool_call", { toolName: "exec", params: {}, result: "ok" }, here);
  await host.emit("agent_end", { messages: [], success: true }, here);
  await host.emit("session_end", { sessionId: "x", messageCount: 0 }, here);
  const told = await host.call("memory_search", { query: "anything" });
  assert.equal(told.isError, true);
  assert.match(told.content[0].text, /did not answer/);
  assert.match(host.logged.join("\n"), /warn: weft: start/);
});

test("a Weft that never answers delays a turn by seconds, and no more", async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = new Host({ apiUrl: `http://127.0.0.1:${server.address().port}` });
  assert.equal(await host.emit("before_prompt_build", { prompt: "hello", messages: [] }, ctx()), undefined);
  server.closeAllConnections();
  server.close();
});

test("what happened while Weft was away is sent when it is back, in order", async () => {
  const seen = [];
  let away = true;
  const server = createServer((request, answer) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString() || "{}");
      if (away) return answer.writeHead(503).end('{"detail": "away"}');
      if (body.observations) seen.push(...body.observations.map((each) => each.content));
      return answer.end('{"session_id": "ses-1"}');
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = new Host({ apiUrl: `http://127.0.0.1:${server.address().port}`, apiKey: "k" });
  const here = ctx();
  for (const content of ["first", "second"]) {
    await host.emit("agent_end", { messages: [{ role: "assistant", content }], success: true }, here);
  }
  away = false;
  await host.emit("before_compaction", { messageCount: 2 }, here);
  assert.deepEqual(seen, ["first", "second"]);
  server.closeAllConnections();
  server.close();
});
