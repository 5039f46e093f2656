import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate, useParams } from "react-router";

import { api, client, told } from "../../api/client";
import { useDebounced } from "../../pieces/useDebounced";
import { Button } from "../../pieces/Button";
import { Confirm } from "../../pieces/Dialog";
import { Icon } from "../../pieces/Icon";
import { Page } from "../../pieces/Page";
import { counted } from "../../pieces/small";
import { toast } from "../../pieces/Toast";
import { Detail } from "./Detail";
import { EditDialog } from "./EditDialog";
import { FilterPanel } from "./FilterPanel";
import { countFilters, type Filters, isSearch, ORDERINGS, type Ordering, useFilters } from "./filters";
import { Results } from "./Results";
import { useMemories } from "./useMemories";
import "./memories.css";

const BATCH = 100;

export default function Memories() {
  const { memoryId } = useParams();
  const { search } = useLocation();
  const [filters, change] = useFilters();
  const found = useMemories(filters);
  const [selected, select] = useState<ReadonlySet<string>>(new Set());
  const [writing, setWriting] = useState(false);
  const navigate = useNavigate();
  const items = useMemo(() => found.data?.pages.flatMap(({ items }) => items) ?? [], [found.data]);
  const params = { path: { memory_id: memoryId ?? "" } };
  const open = api.useQuery("get", "/api/v1/memories/{memory_id}", { params }, { enabled: memoryId !== undefined });
  const shown = items.find(({ memory }) => memory.memory_id === memoryId);
  return (
    <Page
      title="Memories"
      part={open.data?.title}
      full
      actions={
        <Button primary onClick={() => setWriting(true)}>
          <Icon name="plus" /> New memory
        </Button>
      }
    >
      <div className={memoryId === undefined ? "memories" : "memories memories-open"}>
        <section className="memories-list" aria-label="Memories found">
          <Looking filters={filters} change={change} />
          {selected.size > 0 && <Selection selected={selected} clear={() => select(new Set())} />}
          <Results query={found} filters={filters} items={items} openId={memoryId} selected={selected} select={select} />
        </section>
        {memoryId === undefined ? (
          <p className="memories-none soft">Select a memory to read it here.</p>
        ) : (
          <Detail key={memoryId} memoryId={memoryId} found={shown?.found ?? null} query={filters.query} />
        )}
      </div>
      {writing && (
        <EditDialog
          memory={null}
          onClose={() => setWriting(false)}
          onDone={(stored) => void navigate({ pathname: `/memories/${stored.memory_id}`, search })}
        />
      )}
    </Page>
  );
}

function Looking({ filters, change }: { filters: Filters; change: (changes: Partial<Filters>) => void }) {
  const [text, setText] = useState(filters.query);
  const [open, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const { state } = useLocation() as { state: { search?: boolean } | null };
  const settled = useDebounced(text);
  useEffect(() => {
    if (state?.search === true) field.current?.focus();
  }, [state]);
  const known = useRef(filters.query);
  useEffect(() => {
    if (settled === known.current) return;
    known.current = settled;
    change({ query: settled, prunable: false });
  }, [settled, change]);
  useEffect(() => {
    if (filters.query === known.current) return; // the address changed by other means than this field
    known.current = filters.query;
    setText(filters.query);
  }, [filters.query]);
  const count = countFilters(filters);
  return (
    <>
      <div className="row looking" role="search">
        <input
          ref={field}
          data-search
          className="input"
          type="search"
          aria-label="Search memories"
          placeholder="Search by meaning or by word"
          maxLength={2000}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="filter" /> {count > 0 ? `Filters (${count})` : "Filters"}
        </Button>
      </div>
      {open && <FilterPanel filters={filters} change={change} />}
      {!isSearch(filters) && (
        <select
          className="input ordering"
          aria-label="Order"
          value={filters.ordering}
          onChange={(event) => change({ ordering: event.target.value as Ordering })}
        >
          {Object.entries(ORDERINGS).map(([ordering, name]) => (
            <option key={ordering} value={ordering}>
              {name} first
            </option>
          ))}
        </select>
      )}
    </>
  );
}

function Selection({ selected, clear }: { selected: ReadonlySet<string>; clear: () => void }) {
  const [asking, ask] = useState(false);
  const queries = useQueryClient();
  const many = counted(selected.size, "memory", "memories");
  const remove = useCallback(async () => {
    const ids = [...selected];
    let deleted = 0;
    for (let at = 0; at < ids.length; at += BATCH) {
      const body = { memory_ids: ids.slice(at, at + BATCH) };
      deleted += (await told(client.POST("/api/v1/memories/batch-delete", { body }))).deleted_count;
    }
    await queries.invalidateQueries();
    toast(`${counted(deleted, "memory", "memories")} deleted.`);
    clear();
  }, [selected, queries, clear]);
  return (
    <div className="notice split">
      <span>{many} selected</span>
      <span className="row">
        <Button small quiet onClick={clear}>
          Clear
        </Button>
        <Button small danger onClick={() => ask(true)}>
          Delete…
        </Button>
      </span>
      {asking && (
        <Confirm title={`Delete ${many}?`} action="Delete for good" onConfirm={remove} onClose={() => ask(false)}>
          Their text is erased everywhere, also in the log. There is no way back.
        </Confirm>
      )}
    </div>
  );
}
