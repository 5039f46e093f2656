import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { fetchAs, type Shape } from "../../api/client";
import { ApiError, messageOf } from "../../api/errors";
import { useSignedIn } from "../../api/session";
import { Button } from "../../pieces/Button";
import { Check, Field } from "../../pieces/Field";
import { Icon } from "../../pieces/Icon";
import { Panel } from "../../pieces/Page";
import { bytes, counted } from "../../pieces/small";
import { Table } from "../../pieces/Table";
import { toastFault } from "../../pieces/Toast";

export function TransferTab() {
  return (
    <div className="halves">
      <Export />
      <Import />
    </div>
  );
}

function Export() {
  const { workspace } = useSignedIn();
  const [events, setEvents] = useState(false);
  const [read, setRead] = useState<number | null>(null);
  const save = async () => {
    const response = await fetchAs(new Request(`/api/v1/export?events=${events}`));
    if (!response.ok || response.body === null) throw await ApiError.of(response);
    const content = new Response(response.body.pipeThrough(counting(setRead)));
    download(await content.blob(), `${workspace?.name ?? "weft"}.ndjson`);
  };
  return (
    <Panel title="Export">
      <div className="stack">
        <p>Memories, relationships made by hand, sessions and their observations, one JSON object a line. Any Weft can import it.</p>
        <Check label="With all events" checked={events} onChange={(event) => setEvents(event.target.checked)} />
        <div className="row">
          <Button busy={read !== null} onClick={() => { setRead(0); save().catch(toastFault).finally(() => setRead(null)); }}>
            <Icon name="download" /> Export the workspace
          </Button>
          {read !== null && <span className="soft number" role="status">{bytes(read)} so far</span>}
        </div>
      </div>
    </Panel>
  );
}

function counting(tell: (length: number) => void): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let length = 0;
  return new TransformStream({
    transform(chunk, control) {
      length += chunk.byteLength;
      tell(length);
      control.enqueue(chunk);
    },
  });
}

function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Import() {
  const queries = useQueryClient();
  const [file, choose] = useState<File | null>(null);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<Shape<"Imported"> | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const send = async (body: File) => {
    const headers = { "Content-Type": "application/x-ndjson" };
    const response = await fetchAs(new Request("/api/v1/import", { method: "POST", body, headers }));
    if (!response.ok) throw await ApiError.of(response);
    setSaid((await response.json()) as Shape<"Imported">);
    await queries.invalidateQueries();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file === null) return;
    setBusy(true);
    setSaid(null);
    setFault(null);
    send(file)
      .catch(setFault)
      .finally(() => setBusy(false));
  };
  return (
    <Panel title="Import">
      <form className="stack" onSubmit={submit}>
        <p>Takes an export. What exists already is skipped, so the same file may be imported again.</p>
        <Field label="File" hint="NDJSON, of any size">
          {(given) => <input {...given} type="file" accept=".ndjson,.jsonl,application/x-ndjson" required onChange={(event) => choose(event.target.files?.[0] ?? null)} />}
        </Field>
        <div>
          <Button type="submit" busy={busy} disabled={file === null}>
            <Icon name="upload" /> {busy ? "Importing…" : "Import"}
          </Button>
        </div>
        {fault !== null && <p className="notice notice-bad" role="alert">{messageOf(fault)}</p>}
        {said !== null && <Outcome said={said} />}
      </form>
    </Panel>
  );
}

function Outcome({ said }: { said: Shape<"Imported"> }) {
  const errors = said.errors ?? [];
  return (
    <div className="stack" role="status">
      <p className={errors.length > 0 ? "notice notice-warn" : "notice notice-good"}>
        {counted(said.imported, "line")} imported, {said.skipped} skipped, {errors.length} refused.
      </p>
      {errors.length > 0 && (
        <Table
          caption="Lines that were refused"
          rows={errors}
          id={({ line }) => String(line)}
          columns={[
            { head: "Line", cell: ({ line }) => line },
            { head: "Why", cell: ({ detail }) => detail },
          ]}
        />
      )}
    </div>
  );
}
