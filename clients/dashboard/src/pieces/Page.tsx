import { type ReactNode, useEffect } from "react";

/** What the browser's tab and history say: the part of the page that is shown, if there is one, and the page. */
export function useTitle(title: string, part?: string): void {
  useEffect(() => {
    document.title = [part, title, "Weft"].filter(Boolean).join(" · ");
  }, [title, part]);
}

/** A page with its one heading. `full` takes the whole width and height: what is inside scrolls by itself. */
export function Page(props: {
  title: string;
  /** What of the page is shown, for the window's title. */
  part?: string | undefined;
  about?: ReactNode;
  actions?: ReactNode;
  full?: boolean;
  children: ReactNode;
}) {
  const { title, part, about, actions, full = false, children } = props;
  useTitle(title, part);
  return (
    <div className={full ? "page page-full" : "page"}>
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {about !== undefined && <p>{about}</p>}
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, aside, children, className = "" }: {
  title?: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={`panel ${className}`} aria-label={title}>
      {title !== undefined && (
        <div className="panel-head">
          <h2>{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}
