import { useEffect } from "react";
import { useNavigate } from "react-router";

import { PAGES } from "./pages";

const CHORD_MS = 1_500;

/** `/` goes to the search, `?` calls `onHelp`, `g` and a letter goes to a page. Not while somebody is typing. */
export function useKeys(onHelp: () => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let goingSince = -Infinity;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
      const going = event.timeStamp - goingSince < CHORD_MS;
      goingSince = -Infinity;
      const page = going ? PAGES.find(({ key }) => key === event.key) : undefined;
      if (page !== undefined) void navigate(page.to);
      else if (event.key === "/") search();
      else if (event.key === "?") onHelp();
      else if (event.key === "g") goingSince = event.timeStamp;
      else return;
      event.preventDefault();
    };
    const search = () => {
      const field = document.querySelector<HTMLInputElement>("[data-search]");
      if (field === null) void navigate("/memories", { state: { search: true } });
      else field.focus();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [navigate, onHelp]);
}

function isTaken(target: EventTarget | null): boolean {
  return (
    document.querySelector("dialog[open]") !== null ||
    (target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)))
  );
}
