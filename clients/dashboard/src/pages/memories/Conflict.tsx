import { messageOf } from "../../api/errors";
import { Button } from "../../pieces/Button";
import { Badge, Time } from "../../pieces/small";
import { Table } from "../../pieces/Table";
import { type Draft, differing, draftOf, LABELS } from "./EditDialog";
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
      <Table
        caption="What differs"
        rows={fields}
        id={(field) => field}
        columns={[
          { head: "Field", cell: (field) => LABELS[field] },
          {
            head: "As it is now",
            cell: (field) => (
              <>
                {byThem.includes(field) && <Badge tone="warn">changed by them</Badge>} {shown(other[field])}
              </>
            ),
          },
          {
            head: "Yours",
            cell: (field) => (
              <>
                {byMe.includes(field) ? <Badge tone="good">changed by you</Badge> : <Badge>will not be written</Badge>} {shown(mine[field])}
              </>
            ),
          },
        ]}
      />
      {fault !== null && (
        <p className="notice notice-bad" role="alert">
          {messageOf(fault)}
        </p>
      )}
      <div className="dialog-foot">
        <Button onClick={onTakeTheirs}>Take theirs and go on</Button>
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
