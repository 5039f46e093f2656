import { type ReactNode, useEffect } from "react";

/** A page with its one heading. `wide` takes the whole width, `full` also the height: what is inside scrolls by itself. */
export function Page(props: {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  full?: boolean;
  children: ReactNode;
}) {
  const { title, about, actions, wide = false, full = false, children } = props;
  useEffect(() => {
    document.title = `${title} · Weft`;
  }, [title]);
  return (
    <div className={`page ${wide ? "page-wide" : ""} ${full ? "page-full" : ""}`}>
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
