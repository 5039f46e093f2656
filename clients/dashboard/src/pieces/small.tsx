/** What fits into a line: times, types, numbers, scores. */
import type { CSSProperties, ReactNode } from "react";

import type { Shape } from "../api/client";

export type MemoryType = Shape<"Memory">["memory_type"];

export const MEMORY_TYPES: readonly MemoryType[] = [
  "decision",
  "pattern",
  "convention",
  "architecture",
  "discovery",
  "incident",
  "general",
  "wiki",
  "sdlc_knowledge",
];

export function typeName(type: string): string {
  return type === "sdlc_knowledge" ? "SDLC knowledge" : type.charAt(0).toUpperCase() + type.slice(1);
}

/** The colour of a memory's type, as a CSS value. */
export function typeColour(type: string): string {
  return `var(--type-${type}, var(--type-general))`;
}

export function TypeBadge({ type }: { type: string }) {
  return (
    <span className="type" style={{ "--of-type": typeColour(type) } as CSSProperties}>
      {typeName(type)}
    </span>
  );
}

export function Badge({ tone, children }: { tone?: "good" | "warn" | "bad" | undefined; children: ReactNode }) {
  return <span className={tone === undefined ? "badge" : `badge badge-${tone}`}>{children}</span>;
}

export function Chips({ of }: { of: readonly string[] }) {
  return (
    <ul className="chips">
      {of.map((each) => (
        <li className="badge" key={each}>
          {each}
        </li>
      ))}
    </ul>
  );
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { style: "short" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const numbers = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function ago(moment: string, now = Date.now()): string {
  const seconds = (Date.parse(moment) - now) / 1000;
  const step = STEPS.find(([, length]) => Math.abs(seconds) >= length);
  return step === undefined ? "just now" : relative.format(Math.trunc(seconds / step[1]), step[0]);
}

/** A moment, in words; the exact one on hovering. `exactly` shows that at once. */
export function Time({ at, exactly = false }: { at: string; exactly?: boolean }) {
  const whole = exact.format(new Date(at));
  return (
    <time dateTime={at} title={whole} className="number">
      {exactly ? whole : ago(at)}
    </time>
  );
}

export function count(value: number): string {
  return numbers.format(value);
}

/** "1 memory", "2 memories". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number): string {
  const step = value < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10));
  return `${compact.format(value / 1024 ** step)} ${["B", "KiB", "MiB", "GiB", "TiB"][step] ?? ""}`;
}

export function percent(value: number): string {
  return `${Math.round(value * 100)} %`;
}

export const WEIGHTS = { keyword: 0.3, semantic: 0.6, importance: 0.1 };

interface Scores {
  score: number;
  keyword: number;
  semantic: number;
  importance: number;
}

/** How much of a score came from what: the filled part of the bar is the score, its three colours the parts. */
export function ScoreBar({ score, ...parts }: Scores) {
  const names = (["keyword", "semantic", "importance"] as const).filter((name) => parts[name] > 0);
  const said = names.map((name) => `${name} ${parts[name].toFixed(2)}`).join(", ");
  return (
    <span className="score">
      <span className="score-bar" role="img" aria-label={`Score ${score.toFixed(2)}: ${said}`} title={said}>
        {names.map((name) => (
          <span key={name} className={`score-${name}`} style={{ width: `${parts[name] * WEIGHTS[name] * 100}%` }} />
        ))}
      </span>
      <span className="number" aria-hidden="true">
        {score.toFixed(2)}
      </span>
    </span>
  );
}

export function Meter({ value, label }: { value: number; label: string }) {
  const share = Math.min(1, Math.max(0, value));
  return (
    <div className="meter" role="meter" aria-label={label} aria-valuenow={share} aria-valuemin={0} aria-valuemax={1}>
      <div style={{ width: percent(share).replace(" ", "") }} />
    </div>
  );
}
