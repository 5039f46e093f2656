import { useRef } from "react";

import { Button } from "./Button";
import { toast } from "./Toast";

/** Lines to be copied as they are. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  const block = useRef<HTMLPreElement>(null);
  const copy = () => {
    const select = () => {
      if (block.current !== null) getSelection()?.selectAllChildren(block.current);
      toast("Selected. Press Ctrl+C to copy.");
    };
    // Over plain HTTP, other than on this machine, a browser has no clipboard.
    if (!isSecureContext) select();
    else navigator.clipboard.writeText(text).then(() => toast("Copied."), select);
  };
  return (
    <div className="copy">
      <pre ref={block} tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
      <Button small onClick={copy} aria-label={`Copy ${label}`}>
        Copy
      </Button>
    </div>
  );
}
