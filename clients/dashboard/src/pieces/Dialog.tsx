import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";

import { messageOf } from "../api/errors";
import { Button, IconButton } from "./Button";
import { Icon } from "./Icon";

/** A modal dialog; it is there as long as it is rendered, and begins at its first field. Escape and the cross call `onClose`. */
export function Dialog({ title, onClose, wide = false, children }: {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Of the layout: it has to be closed while it is in the document, or the focus does not go back to where it was.
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("input, select, textarea")?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={box} className={`dialog ${wide ? "dialog-wide" : ""}`} aria-labelledby={id} onCancel={(event) => {
      event.preventDefault();
      onClose();
    }}>
      <div className="dialog-head">
        <h2 id={id}>{title}</h2>
        <IconButton label="Close" onClick={onClose}>
          <Icon name="close" />
        </IconButton>
      </div>
      {children}
    </dialog>
  );
}

/** Asks before something that can't be undone is done; shows why where it was refused, else closes or calls `onDone`. */
export function Confirm<Made>({ title, children, action, onConfirm, onClose, onDone = onClose }: {
  title: string;
  children: ReactNode;
  action: string;
  onConfirm: () => Promise<Made>;
  onClose: () => void;
  onDone?: (made: Made) => void;
}) {
  const [fault, setFault] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const confirm = () => {
    setBusy(true);
    onConfirm().then(onDone, (refused: unknown) => {
      setFault(refused);
      setBusy(false);
    });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="stack">
        <div>{children}</div>
        {fault !== null && (
          <p className="notice notice-bad" role="alert">
            {messageOf(fault)}
          </p>
        )}
      </div>
      <div className="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button danger busy={busy} onClick={confirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
