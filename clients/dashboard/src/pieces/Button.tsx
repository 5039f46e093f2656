import type { ComponentProps } from "react";

type Looks = { primary?: boolean; danger?: boolean; quiet?: boolean; small?: boolean; busy?: boolean };

export function Button({ primary, danger, quiet, small, busy = false, disabled, className = "", ...rest }: ComponentProps<"button"> & Looks) {
  const looks = [primary && "primary", danger && "danger", quiet && "quiet", small && "small"].filter(Boolean);
  const classes = ["button", ...looks.map((look) => `button-${String(look)}`), className].join(" ");
  return <button type="button" {...rest} className={classes} disabled={disabled === true || busy} aria-busy={busy} />;
}

/** A button that has only a picture; `label` says what it does. */
export function IconButton({ label, className = "", ...rest }: ComponentProps<"button"> & { label: string }) {
  return <button type="button" aria-label={label} title={label} {...rest} className={`button button-quiet button-icon ${className}`} />;
}
