import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";

import { client, type Shape, told } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Check } from "../../pieces/Field";
import { Answered, Empty } from "../../pieces/states";
import { Badge, TypeBadge, count, counted } from "../../pieces/small";
import { pieces } from "./quotes";

type Observed = Shape<"Observed">;
type Learnt = Shape<"Learnt">;

const PAGE = 200;
const LONG = 900;
const AS_CODE: readonly Observed["kind"][] = ["tool_use", "file_read", "file_edit", "command"];
const KINDS: Record<Observed["kind"], string> = {
  tool_use: "Tool",
  file_read: "Read",
  file_edit: "Edit",
  command: "Command",
  message: "Message",
  note: "Note",
};

/** What was observed, in order, and beside it the memories that it became. */
export function Timeline({ session, learnt }: { session: Shape<"Session">; learnt: Learnt[] }) {
  const [isOnlyQuoted, setOnlyQuoted] = useState(false);
  const path = { session_id: session.session_id };
  const observations = useInfiniteQuery({
    queryKey: ["get", "/api/v1/sessions/{session_id}/observations", session.session_id],
    queryFn: ({ pageParam: first }) =>
      told(client.GET("/api/v1/sessions/{session_id}/observations", { params: { path, query: { first, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (last, _, first) => (last.observations.length === PAGE ? first + PAGE : undefined),
  });
  const all = observations.data?.pages.flatMap((page) => page.observations) ?? [];
  const quotesOf = byObservation(learnt);
  const besides = cards(all, learnt);
  const shown = isOnlyQuoted ? all.filter(({ observation_id }) => quotesOf.has(observation_id)) : all;
  const elsewhere = besides.get(null) ?? [];
  return (
    <section aria-label="Timeline">
      <div className="row split session-timeline-head">
        <h2>
          {counted(session.observation_count ?? 0, "observation")}, {counted(learnt.length, "memory", "memories")}
        </h2>
        {quotesOf.size > 0 && (
          <Check label="Only what memories rest on" checked={isOnlyQuoted} onChange={(event) => setOnlyQuoted(event.target.checked)} />
        )}
      </div>
      <Answered query={observations} what="observations">
        {() => (
          <ol className="timeline">
            {shown.map((each) => (
              <Row key={each.observation_id} beside={besides.get(each.observation_id) ?? []}>
                <Observation observed={each} from={session.started_at} quotes={quotesOf.get(each.observation_id) ?? []} />
              </Row>
            ))}
            {observations.hasNextPage && (
              <Row beside={[]}>
                <Button busy={observations.isFetchingNextPage} onClick={() => void observations.fetchNextPage()}>
                  Show more ({count((session.observation_count ?? all.length) - all.length)} left)
                </Button>
              </Row>
            )}
            {session.summary != null && (
              <Row beside={elsewhere}>
                <article className="observation observation-summary">
                  <header className="row">
                    <Badge>Summary</Badge>
                  </header>
                  <Quoted text={session.summary} quotes={quotesOf.get(null) ?? []} />
                </article>
              </Row>
            )}
            {session.summary == null && elsewhere.length > 0 && <Row beside={elsewhere}>{null}</Row>}
          </ol>
        )}
      </Answered>
      {observations.data !== undefined && all.length === 0 && session.summary == null && (
        <Empty title="Nothing was observed">{session.status === "active" ? "Observations appear here once the agent sends them." : "Nothing could be learnt from it."}</Empty>
      )}
    </section>
  );
}

function Row({ beside, children }: { beside: Learnt[]; children: ReactNode }) {
  return (
    <li className="timeline-row">
      <div>{children}</div>
      <div className="timeline-beside">
        {beside.map((each) => (
          <MemoryCard key={each.memory.memory_id} learnt={each} />
        ))}
      </div>
    </li>
  );
}

function Observation({ observed, from, quotes }: { observed: Observed; from: string; quotes: string[] }) {
  return (
    <article className="observation" id={observed.observation_id}>
      <header className="row">
        <Badge>{KINDS[observed.kind]}</Badge>
        <time className="soft small number" dateTime={observed.at} title={new Date(observed.at).toLocaleString("en-GB")}>
          {sinceStart(from, observed.at)}
        </time>
        {observed.files?.map((file) => (
          <span key={file} className="soft small mono">
            {file}
          </span>
        ))}
      </header>
      <Quoted text={observed.content} quotes={quotes} isCode={AS_CODE.includes(observed.kind)} />
    </article>
  );
}

/** A text with its quotes marked; a long one is shown whole when asked for, or where it is quoted. */
function Quoted({ text, quotes, isCode = false }: { text: string; quotes: string[]; isCode?: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const isCut = !isWhole && text.length > LONG && quotes.length === 0;
  const shown = isCut ? text.slice(0, LONG) : text;
  return (
    <>
      <p className={isCode ? "observation-text mono" : "observation-text"}>
        {pieces(shown, quotes).map((piece, at) => (piece.isQuoted ? <mark key={at}>{piece.text}</mark> : <span key={at}>{piece.text}</span>))}
        {isCut && "…"}
      </p>
      {isCut && (
        <Button small quiet onClick={() => setWhole(true)}>
          Show all ({count(text.length)} characters)
        </Button>
      )}
    </>
  );
}

function MemoryCard({ learnt: { memory, change, quotes } }: { learnt: Learnt }) {
  return (
    <article className="memory-card" aria-label={memory.title}>
      <div className="row split">
        <TypeBadge type={memory.memory_type} />
        {change === "revised" && <Badge>revised</Badge>}
      </div>
      <Link to={`/memories/${memory.memory_id}`}>{memory.title}</Link>
      <ul>
        {quotes?.map((quote) => (
          <li key={quote.text}>
            <q>{quote.text}</q>
            <span className="soft small">{quote.observation_id == null ? " (summary)" : ""}</span>
          </li>
        ))}
      </ul>
    </article>
  );
}

/** The quotes in each observation; those in the summary under null. */
function byObservation(learnt: readonly Learnt[]): Map<string | null, string[]> {
  const found = new Map<string | null, string[]>();
  for (const quote of learnt.flatMap(({ quotes }) => quotes ?? [])) {
    const at = quote.observation_id ?? null;
    found.set(at, [...(found.get(at) ?? []), quote.text]);
  }
  return found;
}

/** Each memory beside the first observation that it quotes; beside none (null) where that is not there, or the summary. */
function cards(all: readonly Observed[], learnt: readonly Learnt[]): Map<string | null, Learnt[]> {
  const order = new Map(all.map(({ observation_id }, at) => [observation_id, at]));
  const found = new Map<string | null, Learnt[]>();
  for (const each of learnt) {
    const places = (each.quotes ?? []).flatMap(({ observation_id: id }) => (id != null && order.has(id) ? [order.get(id) ?? 0] : []));
    const at = places.length === 0 ? null : (all[Math.min(...places)]?.observation_id ?? null);
    found.set(at, [...(found.get(at) ?? []), each]);
  }
  return found;
}

function sinceStart(from: string, at: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(at) - Date.parse(from)) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return `+${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}
