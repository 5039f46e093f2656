import { Suspense, lazy, useEffect, useRef } from "react";

import { api, type Shape } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Answered, Empty } from "../../pieces/states";
import { count } from "../../pieces/small";

const Prose = lazy(() => import("../../pieces/Prose"));

const PAGE = 40;

/** The text as it was cut, some passages at a time. `place` is the passage to be shown. */
export function Passages({ document, place, onPlace }: {
  document: Shape<"Document">;
  place: number | null;
  onPlace: (place: number) => void;
}) {
  const total = document.chunk_count ?? 0;
  const begin = Math.floor((place ?? 0) / PAGE) * PAGE;
  const target = useRef<HTMLElement>(null);
  const query = api.useQuery("get", "/v1/documents/{document_id}/chunks", {
    params: { path: { document_id: document.document_id }, query: { offset: begin, limit: PAGE } },
  });
  useEffect(() => {
    target.current?.scrollIntoView({ block: "start", behavior: "smooth" });
  }, [place, query.data]);
  const turn = total > PAGE && (
    <nav className="row" aria-label="Pages of the text">
      <Button small disabled={begin === 0} onClick={() => onPlace(begin - PAGE)}>
        Previous
      </Button>
      <span className="soft small number">
        Passages {count(begin + 1)}–{count(Math.min(begin + PAGE, total))} of {count(total)}
      </span>
      <Button small disabled={begin + PAGE >= total} onClick={() => onPlace(begin + PAGE)}>
        Next
      </Button>
    </nav>
  );
  return (
    <Answered query={query} what="the text">
      {({ chunks }) =>
        chunks.length === 0 ? (
          <Empty title="There is no text in it" />
        ) : (
          <div className="stack">
            {turn}
            <ol className="passages" aria-label="Passages">
              {chunks.map((chunk) => (
                <li key={chunk.chunk_id} className={chunk.index === place ? "passage passage-shown" : "passage"}>
                  <article ref={chunk.index === place ? target : null} aria-label={`Passage ${chunk.index + 1}`} aria-current={chunk.index === place}>
                    <header className="soft small number">
                      {count(chunk.index + 1)}
                      {chunk.page != null && ` · page ${count(chunk.page)}`}
                    </header>
                    <Text text={chunk.text} type={document.media_type} />
                  </article>
                </li>
              ))}
            </ol>
            {turn}
          </div>
        )
      }
    </Answered>
  );
}

function Text({ text, type }: { text: string; type: Shape<"Document">["media_type"] }) {
  const plain = <p className="passage-plain">{text}</p>;
  if (type !== "text/markdown") return plain;
  return (
    <Suspense fallback={plain}>
      <Prose text={text} />
    </Suspense>
  );
}
