import { CopyBlock } from "../../pieces/CopyBlock";

/** A secret that nobody can be shown again. */
export function OnceShown({ secret, what }: { secret: string; what: string }) {
  return (
    <div className="stack">
      <p className="notice notice-warn">This {what} is shown this once. Copy it now.</p>
      <CopyBlock text={secret} label={`the ${what}`} />
    </div>
  );
}
