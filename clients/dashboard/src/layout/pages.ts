import type { IconName } from "../pieces/Icon";

/** What there is to go to, in the order of the navigation. `key` follows `g` on the keyboard. */
export const PAGES: { to: string; text: string; icon: IconName; key: string }[] = [
  { to: "/", text: "Overview", icon: "overview", key: "o" },
  { to: "/memories", text: "Memories", icon: "memories", key: "m" },
  { to: "/graph", text: "Graph", icon: "graph", key: "g" },
  { to: "/sessions", text: "Sessions", icon: "sessions", key: "s" },
  { to: "/documents", text: "Documents", icon: "documents", key: "d" },
  { to: "/live", text: "Live", icon: "live", key: "l" },
  { to: "/settings", text: "Settings", icon: "settings", key: "," },
];
