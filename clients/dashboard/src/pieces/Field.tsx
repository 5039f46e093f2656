import { type ComponentProps, type ReactNode, useId } from "react";

interface Said {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

type Given = { id: string; "aria-describedby"?: string; "aria-invalid"?: true };

/** A label, whatever is to be filled in, a hint, and what was wrong with it. */
export function Field({ label, hint, error, children }: Said & { children: (given: Given) => ReactNode }) {
  const id = useId();
  const said = error !== undefined || hint !== undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(said ? { "aria-describedby": `${id}-said` } : {}),
        ...(error !== undefined ? { "aria-invalid": true } : {}),
      })}
      {said && (
        <span id={`${id}-said`} className={error !== undefined ? "field-error" : "field-hint"}>
          {error ?? hint}
        </span>
      )}
    </div>
  );
}

export function TextField({ label, hint, error, ...rest }: Said & ComponentProps<"input">) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(given) => <input className="input" {...rest} {...given} />}
    </Field>
  );
}

export function TextArea({ label, hint, error, ...rest }: Said & ComponentProps<"textarea">) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(given) => <textarea className="input" rows={8} {...rest} {...given} />}
    </Field>
  );
}

export function Select({ label, hint, error, ...rest }: Said & ComponentProps<"select">) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(given) => <select className="input" {...rest} {...given} />}
    </Field>
  );
}

/** A choice above a listing, of what it shows. */
export function Only({ label, ...rest }: ComponentProps<"select"> & { label: string }) {
  return (
    <label className="row small only">
      {label}
      <select className="input" {...rest} />
    </label>
  );
}

export function Check({ label, ...rest }: ComponentProps<"input"> & { label: ReactNode }) {
  return (
    <label className="check">
      <input type="checkbox" {...rest} />
      <span>{label}</span>
    </label>
  );
}
