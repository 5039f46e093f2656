import { type KeyboardEvent, useState } from "react";

import { Field } from "./Field";

/** Several short texts. Enter or a comma adds one, Backspace in the empty field takes the last away. */
export function ListField({ label, hint, error, values, onChange }: {
  label: string;
  hint?: string;
  error?: string | undefined;
  values: readonly string[];
  onChange: (values: string[]) => void;
}) {
  const [text, setText] = useState("");
  const add = () => {
    const added = text.trim();
    if (added !== "" && !values.includes(added)) onChange([...values, added]);
    setText("");
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && text === "") onChange(values.slice(0, -1));
  };
  return (
    <Field label={label} hint={hint} error={error}>
      {(given) => (
        <div className="input list-field">
          {values.map((value) => (
            <span className="badge" key={value}>
              {value}
              <button type="button" aria-label={`Remove ${value}`} onClick={() => onChange(values.filter((each) => each !== value))}>
                ×
              </button>
            </span>
          ))}
          <input {...given} placeholder="Add, with Enter or a comma" value={text} onChange={(event) => setText(event.target.value)} onKeyDown={press} onBlur={add} />
        </div>
      )}
    </Field>
  );
}
