import { useState } from "react";
import { Link } from "react-router";

import { CopyBlock } from "../../pieces/CopyBlock";
import { TextField } from "../../pieces/Field";
import { Tabs } from "../../pieces/Tabs";

const ANY_KEY = "wft_live_...";

interface Way {
  url: string;
  apiKey: string;
}

/** Lines to be copied, for whatever is to work with this workspace. */
export function ConnectTab() {
  const [typed, setTyped] = useState("");
  const way = { url: location.origin, apiKey: typed.trim() || ANY_KEY };
  return (
    <div className="stack connect">
      <p>
        The lines below need a key of this workspace. <Link to="/settings/keys">Create one</Link>; it is shown only once.
      </p>
      <TextField label="Your key" placeholder={ANY_KEY} autoComplete="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.target.value)} hint="Filled into the lines below, and sent nowhere." />
      <Tabs
        label="What to connect"
        tabs={[
          { id: "claude", text: "Claude Code", content: () => <Claude {...way} /> },
          { id: "mcp", text: "Any MCP client", content: () => <Mcp {...way} /> },
          { id: "curl", text: "curl", content: () => <Curl {...way} /> },
          { id: "python", text: "Python", content: () => <Python {...way} /> },
        ]}
      />
    </div>
  );
}

function Claude({ url, apiKey }: Way) {
  return (
    <div className="stack">
      <p>The plugin works by itself: it gives each session what is known, and stores what was learnt. Run this in a checkout of Weft.</p>
      <CopyBlock label="lines for the plugin" text={`claude plugin install weft --marketplace . \\\n  --config api_url=${url} --config api_token=${apiKey}`} />
      <p>Or the tools alone, which are used only when Claude is asked to:</p>
      <CopyBlock label="lines for the tools" text={`claude mcp add --scope user --transport http weft ${url}/mcp \\\n  --header "Authorization: Bearer ${apiKey}"`} />
    </div>
  );
}

function Mcp({ url, apiKey }: Way) {
  const config = { mcpServers: { weft: { url: `${url}/mcp`, headers: { Authorization: `Bearer ${apiKey}` } } } };
  return (
    <div className="stack">
      <p>
        Cursor, and any client with a file like its <code>mcp.json</code>:
      </p>
      <CopyBlock label="the MCP configuration" text={JSON.stringify(config, null, 2)} />
    </div>
  );
}

function Curl({ url, apiKey }: Way) {
  const store = `{"title": "Money is counted in cents", "memory_type": "decision",\n       "narrative": "Floats lost a cent in every thousandth sum."}`;
  return (
    <div className="stack">
      <CopyBlock label="variables for a shell" text={`export MEMORIES_API_URL=${url}\nexport MEMORIES_API_TOKEN=${apiKey}`} />
      <p>Store a memory, and find it:</p>
      <CopyBlock
        label="calls with curl"
        text={[
          `curl -s $MEMORIES_API_URL/api/v1/memories/store -H "Authorization: Token $MEMORIES_API_TOKEN" \\`,
          `  -H 'Content-Type: application/json' -d '${store}'`,
          "",
          `curl -s $MEMORIES_API_URL/api/v1/memories/search -H "Authorization: Token $MEMORIES_API_TOKEN" \\`,
          `  -H 'Content-Type: application/json' -d '{"query": "how do we represent money?"}'`,
        ].join("\n")}
      />
      <p>
        Everything else: <a href="/docs">the API’s reference</a>.
      </p>
    </div>
  );
}

function Python({ url, apiKey }: Way) {
  return (
    <div className="stack">
      <p>
        With the client of the repository (<code>clients/python</code>):
      </p>
      <CopyBlock
        label="lines of Python"
        text={[
          "from weft import Weft",
          "",
          `with Weft("${url}", "${apiKey}") as weft:`,
          `    weft.memories.store("Money is counted in cents", "Floats lost a cent in every thousandth sum.")`,
          `    for hit in weft.memories.search("how do we represent money?").results:`,
          "        print(hit.score, hit.title)",
        ].join("\n")}
      />
    </div>
  );
}
