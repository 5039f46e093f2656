import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useCallback } from "react";
import { Link, useLocation } from "react-router";

import { ScoreBar, Time, TypeBadge } from "../../pieces/small";
import { ConnectLink, Empty, ErrorState, Loading } from "../../pieces/states";
import { VirtualList } from "../../pieces/VirtualList";
import { countFilters, type Filters, isSearch } from "./filters";
import type { Item } from "./useMemories";

const ROW_PX = 92;

interface Given {
  query: UseInfiniteQueryResult<{ pages: { warnings: string[] }[] }>;
  filters: Filters;
  items: Item[];
  openId: string | undefined;
  selected: ReadonlySet<string>;
  select: (next: ReadonlySet<string>) => void;
}

export function Results({ query, filters, items, openId, selected, select }: Given) {
  const { search } = useLocation();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (query.data === undefined) {
    return query.error !== null ? <ErrorState fault={query.error} retry={() => void query.refetch()} /> : <Loading what="memories" lines={9} />;
  }
  if (items.length === 0) return <Nothing filters={filters} />;
  const toggle = (memoryId: string) => {
    const next = new Set(selected);
    if (!next.delete(memoryId)) next.add(memoryId);
    select(next);
  };
  const warnings = query.data.pages[0]?.warnings ?? [];
  return (
    <>
      {warnings.map((warning) => (
        <p className="notice notice-warn" key={warning}>
          {warning}
        </p>
      ))}
      <VirtualList
        label={isSearch(filters) ? "Search results" : "All memories"}
        items={items}
        id={({ memory }) => memory.memory_id}
        height={ROW_PX}
        total={hasNextPage ? undefined : items.length}
        onEnd={more}
        row={(item) => (
          <Row
            item={item}
            isOpen={item.memory.memory_id === openId}
            isSelected={selected.has(item.memory.memory_id)}
            toggle={toggle}
            search={search}
          />
        )}
      />
    </>
  );
}

function Row({ item, isOpen, isSelected, toggle, search }: {
  item: Item;
  isOpen: boolean;
  isSelected: boolean;
  toggle: (memoryId: string) => void;
  search: string;
}) {
  const { memory, found } = item;
  return (
    <article className={isOpen ? "memory-row memory-row-open" : "memory-row"}>
      <label className="memory-pick">
        <input type="checkbox" aria-label={`Select ${memory.title}`} checked={isSelected} onChange={() => toggle(memory.memory_id)} />
      </label>
      <Link to={{ pathname: `/memories/${memory.memory_id}`, search }} aria-current={isOpen ? "true" : undefined}>
        <h2>{memory.title}</h2>
        <p className="soft">{memory.summary.replaceAll(/[*`#]+/g, "")}</p>
        <span className="memory-row-foot">
          <TypeBadge type={memory.memory_type} />
          {found === null ? (
            <span className="soft small number">
              importance {memory.importance_score.toFixed(2)} · <Time at={memory.created_at} />
            </span>
          ) : (
            <ScoreBar
              score={found.score}
              keyword={found.keyword_score}
              semantic={found.semantic_score}
              importance={memory.importance_score}
            />
          )}
        </span>
      </Link>
    </article>
  );
}

function Nothing({ filters }: { filters: Filters }) {
  if (filters.query !== "" || countFilters(filters) > 0) {
    return <Empty title="Nothing found">Try other words or fewer filters.</Empty>;
  }
  return (
    <Empty title="No memories yet" action={<ConnectLink />}>
      They come from ended sessions, from agents that store them, and from people.
    </Empty>
  );
}
