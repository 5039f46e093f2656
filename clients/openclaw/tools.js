// The tools an agent calls. Arguments are checked by their schemas; a refusal is a text that the agent can act on.

const TIMEOUT_MS = 15_000;
const TITLE_MAX = 500;
const SHOWN_MAX = 600; // characters of a memory in a list; memory_get has all of it

const text = (description, extra = {}) => ({ type: "string", description, ...extra });
const list = (description) => ({ type: "array", items: { type: "string" }, description });
const schema = (properties, required) => ({ type: "object", additionalProperties: false, properties, required });
const title = text("One line", { maxLength: TITLE_MAX });
const memoryId = text("mem-...", { pattern: "^mem-[a-z0-9]{16}$" });

const kept = {
  memory_type: text("decision, pattern, convention, architecture, discovery, incident or general"),
  tags: list("Tags"),
  concepts: list("Concepts"),
  source_files: list("Paths of the files it is about"),
  importance_score: { type: "number", minimum: 0, maximum: 1, description: "1.0 pins it to every session" },
};

/** Every tool, by name: description, parameters (JSON Schema), and what it does with the gateway. */
export const TOOLS = {
  memory_search: {
    description: "Search long-term memory by meaning and by word. Do this before deciding what may have been decided before.",
    parameters: schema(
      {
        query: text("What you want to know"),
        limit: { type: "integer", minimum: 1, maximum: 50, description: "8 if absent" },
        tags: list("Only memories with all of these"),
        files: list("Only memories about any of these paths"),
      },
      ["query"],
    ),
    async run(gateway, { query, limit = 8, ...filters }) {
      const found = await gateway.post("/api/v1/memories/search", { query, limit, ...filters }, TIMEOUT_MS);
      const paths = found.results.map((each) => `/api/v1/memories/${each.id}/retrieval`);
      await Promise.all(paths.map((path) => gateway.post(path, {}, TIMEOUT_MS)));
      const said = found.results.map(line).join("\n\n") || "Nothing is known about that.";
      return { said, details: { results: found.results, warnings: found.warnings ?? [] } };
    },
  },
  memory_get: {
    description: "Read one memory whole, with what it is related to.",
    parameters: schema({ memory_id: memoryId }, ["memory_id"]),
    async run(gateway, { memory_id }) {
      const memory = await gateway.get(`/api/v1/memories/${memory_id}`, TIMEOUT_MS);
      await gateway.post(`/api/v1/memories/${memory_id}/access`, {}, TIMEOUT_MS);
      return { said: `${memory.title} (${memory.memory_type})\n\n${memory.narrative}`, details: memory };
    },
  },
  memory_store: {
    description: "Keep what the next session must know: a decision and its reason, a pattern, a trap, an incident and its cause.",
    parameters: schema({ content: text("What is to be remembered, in full sentences"), title, ...kept }, ["content"]),
    async run(gateway, { content, title, ...rest }) {
      const memory = { title: title ?? titleOf(content), narrative: content, ...rest };
      const stored = await gateway.post("/api/v1/memories/store", memory, TIMEOUT_MS);
      const accepted = stored.status === "accepted"; // on disk, and not yet decided
      return { said: `${accepted ? "Accepted, to be stored" : "Stored"} as ${stored.memory_id}.`, details: stored };
    },
  },
  memory_update: {
    description: "Correct or complete a memory.",
    parameters: schema({ memory_id: memoryId, title, narrative: text("The whole new text"), ...kept }, ["memory_id"]),
    async run(gateway, { memory_id, ...changes }) {
      const memory = await gateway.patch(`/api/v1/memories/${memory_id}`, changes, TIMEOUT_MS);
      return { said: `${memory_id} is changed.`, details: memory };
    },
  },
  memory_delete: {
    description: "Delete a memory for good. Only where it is wrong or was asked for.",
    parameters: schema({ memory_id: memoryId }, ["memory_id"]),
    async run(gateway, { memory_id }) {
      await gateway.delete(`/api/v1/memories/${memory_id}`, TIMEOUT_MS);
      return { said: `${memory_id} is deleted.`, details: { memory_id } };
    },
  },
};

/** The tool as OpenClaw registers it. What Weft refuses is told to the agent, and not thrown at the host. */
export function toolOf(name, gateway) {
  const { description, parameters, run } = TOOLS[name];
  return {
    name,
    label: name.replaceAll("_", " "),
    description,
    parameters,
    async execute(_callId, given) {
      try {
        const { said, details } = await run(gateway, given);
        return { content: [{ type: "text", text: said }], details };
      } catch (fault) {
        if (fault.name !== "WeftError") throw fault;
        const details = { error: fault.message, status: fault.status };
        return { content: [{ type: "text", text: fault.message }], details, isError: true };
      }
    },
  };
}

function line(result) {
  const { memory } = result;
  const whole = memory.narrative.length <= SHOWN_MAX;
  const shown = whole ? memory.narrative : `${memory.narrative.slice(0, SHOWN_MAX)}... (memory_get has the rest)`;
  return `${result.id} [${memory.memory_type}, ${result.score.toFixed(2)}] ${memory.title}\n${shown}`;
}

function titleOf(content) {
  const [first] = content.trim().split(/\n|(?<=[.!?])\s/, 1);
  return first.slice(0, 120);
}
