import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { client, told } from "../../api/client";
import { ApiError, messageOf } from "../../api/errors";
import { Button } from "../../pieces/Button";
import { Dialog } from "../../pieces/Dialog";
import { Select, TextArea, TextField } from "../../pieces/Field";
import { ListField } from "../../pieces/ListField";
import { MEMORY_TYPES, type MemoryType, typeName } from "../../pieces/small";
import { toast } from "../../pieces/Toast";
import { Conflict } from "./Conflict";
import type { Memory } from "./useMemories";

/** What of a memory people write. */
export interface Draft {
  title: string;
  narrative: string;
  memory_type: MemoryType;
  tags: string[];
  concepts: string[];
  source_files: string[];
  importance_score: number;
  confidence_score: number;
}

const BLANK: Draft = {
  title: "",
  narrative: "",
  memory_type: "decision",
  tags: [],
  concepts: [],
  source_files: [],
  importance_score: 0.5,
  confidence_score: 0.5,
};
/** What the fields are called. */
export const LABELS: Record<keyof Draft, string> = {
  title: "Title",
  narrative: "Text",
  memory_type: "Type",
  tags: "Tags",
  concepts: "Concepts",
  source_files: "Files",
  importance_score: "Importance",
  confidence_score: "Confidence",
};
const FIELDS = Object.keys(LABELS) as (keyof Draft)[];

export function draftOf(memory: Memory): Draft {
  return Object.fromEntries(FIELDS.map((field) => [field, memory[field]])) as unknown as Draft;
}

export function differing(one: Draft, other: Draft): (keyof Draft)[] {
  return FIELDS.filter((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field]));
}

/** Changes a memory, or stores a new one (null). What somebody else changed meanwhile is shown, never overwritten unseen. */
export function EditDialog({ memory, onClose, onDone }: {
  memory: Memory | null;
  onClose: () => void;
  onDone?: (written: Memory) => void;
}) {
  const [base, setBase] = useState(memory);
  const [draft, setDraft] = useState(memory === null ? BLANK : draftOf(memory));
  const [theirs, setTheirs] = useState<Memory | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const queries = useQueryClient();

  const save = async (over: Memory | null) => {
    setBusy(true);
    setFault(null);
    try {
      const written = over === null ? await store(draft) : await revise(over, base ?? over, draft);
      written.warnings.forEach(toast);
      await queries.invalidateQueries();
      onDone?.(written);
      onClose();
    } catch (refused) {
      if (refused instanceof ApiError && refused.status === 412 && over !== null) {
        setTheirs(await read(over.memory_id));
        void queries.invalidateQueries();
      } else setFault(refused);
    } finally {
      setBusy(false);
    }
  };
  const takeTheirs = (newer: Memory) => {
    setBase(newer);
    setDraft(draftOf(newer));
    setTheirs(null);
  };
  if (theirs !== null && base !== null) {
    return (
      <Dialog title="Somebody else has changed this memory" onClose={onClose} wide>
        <Conflict
          base={draftOf(base)}
          mine={draft}
          theirs={theirs}
          busy={busy}
          fault={fault}
          onTakeTheirs={() => takeTheirs(theirs)}
          onKeepMine={() => void save(theirs)}
        />
      </Dialog>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(base);
  };
  return (
    <Dialog title={memory === null ? "New memory" : "Edit memory"} onClose={onClose} wide>
      <form className="form" onSubmit={submit}>
        <Fields draft={draft} change={(changes) => setDraft({ ...draft, ...changes })} fault={fault} />
        {fault !== null && (
          <p className="notice notice-bad" role="alert">
            {messageOf(fault)}
          </p>
        )}
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button primary type="submit" busy={busy} disabled={base !== null && differing(draftOf(base), draft).length === 0}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Fields({ draft, change, fault }: { draft: Draft; change: (changes: Partial<Draft>) => void; fault: unknown }) {
  const about = (field: keyof Draft) => (fault instanceof ApiError ? fault.about(field) : undefined);
  const share = { type: "number", min: 0, max: 1, step: 0.01, required: true } as const;
  return (
    <>
      <TextField label={LABELS.title} required maxLength={500} value={draft.title} error={about("title")} onChange={(event) => change({ title: event.target.value })} />
      <TextArea label={LABELS.narrative} hint="Markdown" required rows={11} value={draft.narrative} error={about("narrative")} onChange={(event) => change({ narrative: event.target.value })} />
      <div className="thirds">
        <Select label={LABELS.memory_type} value={draft.memory_type} onChange={(event) => change({ memory_type: event.target.value as MemoryType })}>
          {MEMORY_TYPES.map((type) => (
            <option key={type} value={type}>
              {typeName(type)}
            </option>
          ))}
        </Select>
        <TextField label={LABELS.importance_score} hint="0 to 1; 1 pins it" {...share} value={draft.importance_score} error={about("importance_score")} onChange={(event) => change({ importance_score: event.target.valueAsNumber })} />
        <TextField label={LABELS.confidence_score} hint="0 to 1" {...share} value={draft.confidence_score} error={about("confidence_score")} onChange={(event) => change({ confidence_score: event.target.valueAsNumber })} />
      </div>
      <ListField label={LABELS.tags} values={draft.tags} error={about("tags")} onChange={(tags) => change({ tags })} />
      <ListField label={LABELS.concepts} values={draft.concepts} error={about("concepts")} onChange={(concepts) => change({ concepts })} />
      <ListField label={LABELS.source_files} values={draft.source_files} error={about("source_files")} onChange={(source_files) => change({ source_files })} />
    </>
  );
}

type Written = Memory & { warnings: string[] };

async function store(draft: Draft): Promise<Written> {
  return told(client.POST("/api/v1/memories/store", { body: draft }));
}

/** Sends what differs from `base`, on the condition that the memory is still as it was `over`. */
async function revise(over: Memory, base: Memory, draft: Draft): Promise<Written> {
  const changed = differing(draftOf(base), draft).map((field) => [field, draft[field]]);
  const call = client.PATCH("/api/v1/memories/{memory_id}", {
    params: { path: { memory_id: over.memory_id }, header: { "If-Match": `"${over.revision}"` } },
    body: Object.fromEntries(changed) as Partial<Draft>,
  });
  return told(call);
}

async function read(memory_id: string): Promise<Memory> {
  return told(client.GET("/api/v1/memories/{memory_id}", { params: { path: { memory_id } } }));
}
