import { messageOf } from "../../api/errors";
import { Button } from "../../pieces/Button";
import { Badge, Time } from "../../pieces/small";
import { type Draft, differing, draftOf } from "./EditDialog";
import type { Memory } from "./useMemories";

/** Both versions beside each other, field by field where they differ, and what can be done about it. */
export function Conflict({ base, mine, theirs, busy, fault, onTakeTheirs, onKeepMine }: {
  base: Draft;
  mine: Draft;
  theirs: Memory;
  busy: boolean;
  fault: unknown;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
}) {
  const other = draftOf(theirs);
  const [byMe, byThem] = [differing(base, mine), differing(base, other)];
  const fields = differing(mine, other);
  return (
    <div className="stack">
      <p>
        It is revision {theirs.revision} now{theirs.updated_at != null && <>, changed <Time at={theirs.updated_at} /></>}. Keeping yours
        writes only what you have changed; everything else stays as it is now.
      </p>
      <div className="table-box">
        <table className="table conflict">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">As it is now</th>
              <th scope="col">Yours</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <tr key={field}>
                <th scope="row">{field.replaceAll("_", " ")}</th>
                <td>
                  {byThem.includes(field) && <Badge tone="warn">changed by them</Badge>} {shown(other[field])}
                </td>
                <td>
                  {byMe.includes(field) ? <Badge tone="good">changed by you</Badge> : <Badge>will not be written</Badge>} {shown(mine[field])}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {fault !== null && (
        <p className="notice notice-bad" role="alert">
          {messageOf(fault)}
        </p>
      )}
      <div className="dialog-foot">
        <Button onClick={onTakeTheirs}>Take theirs, and go on from there</Button>
        <Button primary busy={busy} onClick={onKeepMine}>
          Keep mine
        </Button>
      </div>
    </div>
  );
}

function shown(value: Draft[keyof Draft]) {
  return <div className="conflict-text">{Array.isArray(value) ? value.join(", ") : String(value)}</div>;
}
