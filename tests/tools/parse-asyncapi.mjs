// node parse-asyncapi.mjs NODE_MODULES FILE: what AsyncAPI's parser says of the document, and the messages that it finds.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, file] = process.argv.slice(2);
const { Parser } = createRequire(`${modules}/`)("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
const messages = document ? document.messages().all().map((message) => message.name()) : [];
console.log(JSON.stringify({ diagnostics, messages }));
