import { type FormEvent, type ReactNode, useState } from "react";

import { ApiError, messageOf } from "../api/errors";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

/**
 * A dialog with a form. Once `onSubmit` is done it closes, or leaves what comes of it to `onDone`. `children` is given
 * what was wrong with a field.
 */
export function FormDialog<Made>({ title, action, danger = false, ready = true, onSubmit, onClose, onDone = onClose, children }: {
  title: string;
  action: string;
  /** What it does can't be undone. */
  danger?: boolean;
  /** Whether all fields are there; before, nothing is sent. */
  ready?: boolean;
  onSubmit: (form: FormData) => Promise<Made>;
  onClose: () => void;
  onDone?: (made: Made) => void;
  children: (about: (field: string) => string | undefined) => ReactNode;
}) {
  const [fault, setFault] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    onSubmit(new FormData(event.currentTarget)).then(onDone, (refused: unknown) => {
      setFault(refused);
      setBusy(false);
    });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {children((field) => (fault instanceof ApiError ? fault.about(field) : undefined))}
        {fault !== null && (
          <p className="notice notice-bad" role="alert">
            {messageOf(fault)}
          </p>
        )}
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button primary={!danger} danger={danger} type="submit" busy={busy} disabled={!ready}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** A field's text, without what surrounds it. */
export function textOf(form: FormData, name: string): string {
  return String(form.get(name) ?? "").trim();
}
