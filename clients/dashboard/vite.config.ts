import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` beside a running stack: WEFT_URL says where it is.
const gateway = process.env["WEFT_URL"] ?? "http://127.0.0.1:8080";
const proxied = ["/api", "/v1", "/healthz", "/readyz", "/docs", "/openapi.json"];

export default defineConfig({
  plugins: [react()],
  // Nothing is put inline: the gateway's Content-Security-Policy allows no data: scripts or fonts.
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, gateway])) },
});
