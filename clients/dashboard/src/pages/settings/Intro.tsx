import type { ReactNode } from "react";

/** What a tab is about, and beside it what can be made there. */
export function Intro({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="intro">
      <p>{children}</p>
      {action}
    </div>
  );
}
