import { useEffect, useRef, useSyncExternalStore } from "react";

import { messageOf } from "../api/errors";

interface Message {
  id: number;
  text: string;
}

const LASTS_MS = 6_000;

let messages: Message[] = [];
let last = 0;
const listeners = new Set<() => void>();

function show(next: Message[]): void {
  messages = next;
  listeners.forEach((listener) => listener());
}

function drop(id: number): void {
  show(messages.filter((message) => message.id !== id));
}

/** Says something for some seconds, at the lower edge; screen readers read it out. */
export function toast(text: string): void {
  const id = ++last;
  show([...messages, { id, text }]);
  setTimeout(() => drop(id), LASTS_MS);
}

/** For `.catch(...)` of what has no place of its own for its errors. */
export function toastFault(fault: unknown): void {
  toast(messageOf(fault));
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => messages,
  );
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // What is shown last is on top: also of a dialog, which hides all that is not.
    box.current?.hidePopover();
    box.current?.showPopover();
  }, [shown]);
  return (
    <div className="toasts" role="status" popover="manual" ref={box}>
      {shown.map(({ id, text }) => (
        <div className="toast" key={id}>
          <span>{text}</span>
          <button type="button" aria-label="Dismiss" onClick={() => drop(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
