import { type FormEvent, useEffect, useRef, useState } from "react";

import { messageOf } from "../../api/errors";
import { Button } from "../../pieces/Button";
import { Dialog } from "../../pieces/Dialog";
import { TextField } from "../../pieces/Field";
import { bytes, percent } from "../../pieces/small";
import { upload } from "./upload";

export const BYTES_MAX = 10 * 1024 * 1024;
export const ACCEPTED = ".md,.markdown,.txt,.text,.pdf,text/plain,text/markdown,application/pdf";

/** Takes a file in, and says how far it is. */
export function UploadDialog({ given, onClose, onDone }: {
  /** What was dropped on the page. */
  given: File | null;
  onClose: () => void;
  onDone: (documentId: string) => void;
}) {
  const [file, setFile] = useState(given);
  const [said, setSaid] = useState({ title: "", namespace: "", sourceId: "" });
  const [share, setShare] = useState<number | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);
  const isTooLarge = file !== null && file.size > BYTES_MAX;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (file === null || isTooLarge) return;
    leaving.current = new AbortController();
    setFault(null);
    setShare(0);
    upload(file, said, setShare, leaving.current.signal).then(onDone, (refused: unknown) => {
      setShare(null);
      if (!(refused instanceof DOMException)) setFault(refused);
    });
  };
  return (
    <Dialog title="Upload a document" onClose={onClose}>
      <form className="form" onSubmit={send}>
        <label className="drop">
          <span className="button">Choose a file</span>
          <span>{file === null ? "Markdown, text or PDF, up to 10 MiB" : `${file.name}, ${bytes(file.size)}`}</span>
          <input className="hidden" type="file" accept={ACCEPTED} onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
        </label>
        {isTooLarge && <p className="field-error">This file is larger than 10 MiB.</p>}
        <TextField label="Title" hint="Optional. Without one it is the file’s name." value={said.title} maxLength={500} onChange={(event) => setSaid({ ...said, title: event.target.value })} />
        <TextField
          label="Source ID"
          hint="Optional, a path or a URL. A later upload with the same one becomes the next version of this document."
          value={said.sourceId}
          onChange={(event) => setSaid({ ...said, sourceId: event.target.value })}
        />
        <TextField label="Namespace" hint="Optional. Without one it is the default namespace." value={said.namespace} onChange={(event) => setSaid({ ...said, namespace: event.target.value })} />
        {share !== null && (
          <div className="stack" role="status">
            <div className="meter" role="progressbar" aria-label="Upload" aria-valuenow={Math.round(share * 100)} aria-valuemin={0} aria-valuemax={100}>
              <div style={{ width: `${share * 100}%` }} />
            </div>
            <span className="soft small">{share < 1 ? `${percent(share)} sent` : "Sent. Waiting for the server."}</span>
          </div>
        )}
        {fault !== null && (
          <p className="notice notice-bad" role="alert">
            {messageOf(fault)}
          </p>
        )}
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button primary type="submit" disabled={file === null || isTooLarge} busy={share !== null}>
            Upload
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
