import { type KeyboardEvent, useDeferredValue, useId, useState } from "react";

import { api } from "../../api/client";
import { TypeBadge } from "../../pieces/small";

const FOUND_MAX = 8;

/** Finds a memory by words or meaning; arrow keys and Enter choose. */
export function Find({ onChoose }: { onChoose: (memoryId: string) => void }) {
  const [words, setWords] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const query = useDeferredValue(words.trim());
  const id = useId();
  const answer = api.useQuery(
    "post",
    "/api/v1/memories/search",
    { body: { query, limit: FOUND_MAX } },
    { enabled: query !== "", placeholderData: (before) => before },
  );
  const found = query === "" ? [] : (answer.data?.results ?? []);
  const isShown = isOpen && query !== "" && answer.data !== undefined;
  const choose = (memoryId: string | undefined) => {
    if (memoryId === undefined) return;
    setOpen(false);
    onChoose(memoryId);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape") setOpen(false);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setOpen(true);
      setAt((now) => (now + step + found.length) % found.length);
    }
    if (event.key === "Enter") {
      event.preventDefault();
      choose(found[at]?.id);
    }
  };
  return (
    <div className="graph-find" onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setOpen(false)}>
      <input
        className="input"
        type="search"
        data-search
        placeholder="Find a memory"
        aria-label="Find a memory"
        role="combobox"
        aria-expanded={isShown}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={isShown && found[at] !== undefined ? `${id}-${at}` : undefined}
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          setAt(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={keys}
      />
      {isShown && (
        <ul className="graph-found" id={id} role="listbox" aria-label="Memories found">
          {found.map((each, index) => (
            <li
              key={each.id}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(each.id)}
            >
              <span>{each.title}</span>
              <TypeBadge type={each.memory_type} />
            </li>
          ))}
          {found.length === 0 && <li className="soft">Nothing found.</li>}
        </ul>
      )}
    </div>
  );
}
