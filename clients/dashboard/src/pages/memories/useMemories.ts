import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

import { client, type Shape, told } from "../../api/client";
import { type Filters, isSearch } from "./filters";

export type Memory = Shape<"Memory">;
export type Found = Shape<"SearchResult">;

/** A memory of the list; `found` is how a search found it. */
export interface Item {
  memory: Memory;
  found: Found | null;
}

interface Page {
  items: Item[];
  warnings: string[];
}

const PAGE = 200;
const SEARCH_DEPTH_MAX = 10_000;

/** What the filters leave, page by page. Its key begins with "memories". */
export function useMemories(filters: Filters) {
  return useInfiniteQuery({
    queryKey: ["memories", filters],
    queryFn: ({ pageParam }) => (isSearch(filters) ? search(filters, pageParam) : list(filters, pageParam)),
    initialPageParam: 0,
    getNextPageParam: (last: Page, _, offset) => {
      const next = offset + PAGE;
      return last.items.length < PAGE || (isSearch(filters) && next > SEARCH_DEPTH_MAX) ? undefined : next;
    },
    placeholderData: keepPreviousData,
  });
}

async function search(filters: Filters, offset: number): Promise<Page> {
  const { query, types, tags, prefixes, files, namespaces, importance, confidence, wordsOnly } = filters;
  const body = {
    query,
    use_semantic: !wordsOnly,
    limit: PAGE,
    offset,
    memory_types: some(types),
    tags: some(tags),
    tag_prefixes: some(prefixes),
    files: some(files),
    namespaces: some(namespaces),
    min_importance: importance > 0 ? importance : null,
    min_confidence: confidence > 0 ? confidence : null,
  };
  const { results, warnings } = await told(client.POST("/api/v1/memories/search", { body }));
  return { items: results.map((found) => ({ memory: found.memory, found: query === "" ? null : found })), warnings };
}

async function list(filters: Filters, offset: number): Promise<Page> {
  const [memory_type] = filters.types;
  const query = {
    limit: PAGE,
    offset,
    ordering: filters.ordering,
    pruning_candidates: filters.prunable,
    namespace: filters.namespaces,
    ...(memory_type === undefined ? {} : { memory_type }),
  };
  const memories = await told(client.GET("/api/v1/memories/", { params: { query } }));
  return { items: memories.map((memory) => ({ memory, found: null })), warnings: [] };
}

function some<T>(values: T[]): T[] | null {
  return values.length > 0 ? values : null;
}
