import { Panel } from "../../pieces/Page";
import { ScoreBar, WEIGHTS } from "../../pieces/small";
import type { Found } from "./useMemories";

const SAID = {
  keyword: { high: "many of your words, or rare ones", some: "some of your words", none: "none of your words" },
  semantic: { high: "means nearly the same", some: "is about something near", none: "is about something else" },
};

/** How the search came to show this memory, part by part. */
export function Why({ found, query }: { found: Found; query: string }) {
  const { keyword_score: keyword, semantic_score: semantic, memory, score } = found;
  const importance = memory.importance_score;
  const parts = [
    { name: "keyword", value: keyword, text: `It has ${SAID.keyword[degree(keyword, 0.6)]}.` },
    { name: "semantic", value: semantic, text: `Its text ${SAID.semantic[degree(semantic, 0.5)]}.` },
    { name: "importance", value: importance, text: importance === 1 ? "It is pinned." : "How important it is in itself." },
  ] as const;
  return (
    <Panel title="Why was this found?" className="why">
      <p className="soft">For “{query}”:</p>
      <ScoreBar score={score} keyword={keyword} semantic={semantic} importance={importance} />
      <dl className="facts small">
        {parts.map(({ name, value, text }) => (
          <div key={name} className="contents">
            <dt className="legend">
              <span>
                <i className={`score-${name}`} />
                {name}
              </span>
            </dt>
            <dd className="number">
              {value.toFixed(2)} × {WEIGHTS[name]} = {(value * WEIGHTS[name]).toFixed(2)} <span className="soft">{text}</span>
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function degree(value: number, high: number): "high" | "some" | "none" {
  if (value >= high) return "high";
  return value > 0.1 ? "some" : "none";
}
