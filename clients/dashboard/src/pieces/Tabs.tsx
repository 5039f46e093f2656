import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Link } from "react-router";

/** Tabs that are pages of their own. */
export function TabLinks({ label, tabs }: { label: string; tabs: { to: string; text: string; current: boolean }[] }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    // Only the bar moves: where it is too narrow for all, the present one is to be seen.
    const chosen = bar.current?.querySelector<HTMLElement>("[aria-current]");
    if (chosen != null) bar.current?.scrollTo(chosen.offsetLeft - 40, 0);
  });
  return (
    <nav className="tabs" aria-label={label} ref={bar}>
      {tabs.map(({ to, text, current }) => (
        <Link key={to} to={to} aria-current={current ? "page" : undefined}>
          {text}
        </Link>
      ))}
    </nav>
  );
}

export interface Tab {
  id: string;
  text: string;
  content: () => ReactNode;
}

/** Tabs within a page; arrow keys go from one to the next. */
export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  const [chosen, choose] = useState(tabs[0]?.id);
  const base = useId();
  const current = tabs.find(({ id }) => id === chosen) ?? tabs[0];
  const turn = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || current === undefined) return;
    const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    choose(next.id);
    document.getElementById(`${base}-${next.id}`)?.focus();
  };
  if (current === undefined) return null;
  return (
    <>
      <div className="tabs" role="tablist" aria-label={label} onKeyDown={turn}>
        {tabs.map(({ id, text }) => (
          <button
            key={id}
            id={`${base}-${id}`}
            type="button"
            role="tab"
            aria-selected={id === current.id}
            aria-controls={`${base}-panel`}
            tabIndex={id === current.id ? 0 : -1}
            onClick={() => choose(id)}
          >
            {text}
          </button>
        ))}
      </div>
      <div id={`${base}-panel`} role="tabpanel" aria-labelledby={`${base}-${current.id}`}>
        {current.content()}
      </div>
    </>
  );
}
