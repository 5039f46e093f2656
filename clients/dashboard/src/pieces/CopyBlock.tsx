import { useEffect, useRef, useState } from "react";

import { Button } from "./Button";
import { toast } from "./Toast";

const SAID_MS = 2_000;

/** Lines to be copied as they are. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  const block = useRef<HTMLPreElement>(null);
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => {
    const select = () => {
      if (block.current !== null) getSelection()?.selectAllChildren(block.current);
      toast("Selected. Press Ctrl+C to copy.");
    };
    // Over plain HTTP, other than on this machine, a browser has no clipboard.
    if (!isSecureContext) select();
    else navigator.clipboard.writeText(text).then(() => setCopied(true), select);
  };
  return (
    <div className="copy">
      <pre ref={block} tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
      <Button small onClick={copy} aria-label={`${isCopied ? "Copied" : "Copy"} ${label}`}>
        {isCopied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
