/** What is looked for is in the address, so that it can be gone back to, kept and sent to somebody. */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

import type { operations } from "../../api/schema";
import { MEMORY_TYPES, type MemoryType } from "../../pieces/small";

export type Ordering = NonNullable<NonNullable<operations["memories_browse"]["parameters"]["query"]>["ordering"]>;

export const ORDERINGS: Partial<Record<Ordering, string>> = {
  "-importance_score": "Most important",
  "-created_at": "Newest",
  created_at: "Oldest",
  "-access_count": "Most opened",
  "-retrieval_count": "Most often found",
  importance_score: "Least important",
};

export interface Filters {
  query: string;
  types: MemoryType[];
  tags: string[];
  prefixes: string[];
  files: string[];
  namespaces: string[];
  /** 0 to 1; 0 is no filter. */
  importance: number;
  confidence: number;
  /** By words alone. */
  wordsOnly: boolean;
  /** Only what could go. */
  prunable: boolean;
  ordering: Ordering;
}

export const NO_FILTERS: Filters = {
  query: "",
  types: [],
  tags: [],
  prefixes: [],
  files: [],
  namespaces: [],
  importance: 0,
  confidence: 0,
  wordsOnly: false,
  prunable: false,
  ordering: "-importance_score",
};

/** A search; else it is a list, which can be ordered. */
export function isSearch(filters: Filters): boolean {
  const { query, types, tags, prefixes, files, importance, confidence, prunable } = filters;
  const narrowed = types.length > 1 || [tags, prefixes, files].some((each) => each.length > 0);
  return !prunable && (query !== "" || narrowed || importance > 0 || confidence > 0);
}

/** How many kinds of filters there are besides the query. */
export function countFilters(filters: Filters): number {
  const { types, tags, prefixes, files, namespaces, importance, confidence, wordsOnly, prunable } = filters;
  const lists = [types, tags, prefixes, files, namespaces].filter((each) => each.length > 0).length;
  return lists + [importance > 0, confidence > 0, wordsOnly, prunable].filter(Boolean).length;
}

export function useFilters(): [Filters, (changes: Partial<Filters>) => void] {
  const [params, setParams] = useSearchParams();
  const filters = useMemo(() => read(params), [params]);
  const change = useCallback(
    (changes: Partial<Filters>) => setParams((before) => write({ ...read(before), ...changes }), { replace: true }),
    [setParams],
  );
  return [filters, change];
}

function read(params: URLSearchParams): Filters {
  const ordering = params.get("order") as Ordering | null;
  return {
    query: params.get("q") ?? "",
    types: MEMORY_TYPES.filter((type) => params.getAll("type").includes(type)),
    tags: params.getAll("tag"),
    prefixes: params.getAll("prefix"),
    files: params.getAll("file"),
    namespaces: params.getAll("ns"),
    importance: share(params.get("importance")),
    confidence: share(params.get("confidence")),
    wordsOnly: params.has("words"),
    prunable: params.has("prunable"),
    ordering: ordering !== null && ordering in ORDERINGS ? ordering : NO_FILTERS.ordering,
  };
}

function share(text: string | null): number {
  const value = Number(text);
  return value >= 0 && value <= 1 ? value : 0;
}

function write(filters: Filters): URLSearchParams {
  const params = new URLSearchParams();
  const lists = { type: filters.types, tag: filters.tags, prefix: filters.prefixes, file: filters.files, ns: filters.namespaces };
  if (filters.query !== "") params.set("q", filters.query);
  for (const [name, values] of Object.entries(lists)) values.forEach((value) => params.append(name, value));
  if (filters.importance > 0) params.set("importance", String(filters.importance));
  if (filters.confidence > 0) params.set("confidence", String(filters.confidence));
  if (filters.wordsOnly) params.set("words", "");
  if (filters.prunable) params.set("prunable", "");
  if (filters.ordering !== NO_FILTERS.ordering) params.set("order", filters.ordering);
  return params;
}
