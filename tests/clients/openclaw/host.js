// A host of our own making: it takes what the plugin registers, and calls it as OpenClaw does.

import manifest from "../../../clients/openclaw/openclaw.plugin.json" with { type: "json" };
import plugin from "../../../clients/openclaw/index.js";

export class Host {
  tools = new Map();
  hooks = new Map();
  memory = undefined;
  logged = [];

  constructor(pluginConfig = {}) {
    const log = (level) => (line) => this.logged.push(`${level}: ${line}`);
    plugin.register({
      pluginConfig,
      logger: { info: log("info"), warn: log("warn"), error: log("error") },
      registerMemoryCapability: (capability) => (this.memory = capability),
      registerTool: (tool, { name }) => this.#register(name, tool),
      on: (name, handler) => this.hooks.set(name, handler),
    });
  }

  /** OpenClaw refuses a tool that its manifest does not declare. */
  #register(name, tool) {
    if (!manifest.contracts.tools.includes(name)) throw new Error(`${name} is not declared`);
    this.tools.set(name, tool);
  }

  async call(name, params) {
    return await this.tools.get(name).execute("call-1", params);
  }

  async emit(name, event, ctx) {
    return await this.hooks.get(name)(event, ctx);
  }
}
