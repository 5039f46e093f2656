import { Button } from "../../pieces/Button";
import { Check } from "../../pieces/Field";
import { Panel } from "../../pieces/Page";
import { MEMORY_TYPES, TypeBadge, count, percent } from "../../pieces/small";
import { type Look, PLAIN } from "./looks";
import type { Drawing, Relationship } from "./map";
import { RELATIONSHIPS } from "./words";

/** Which memories and edges are drawn. */
export function Filters({ drawing, look, onLook }: { drawing: Drawing; look: Look; onLook: (look: Look) => void }) {
  const kinds = tally(drawing.mapNodes((_, { kind }) => kind));
  const relationships = tally(drawing.mapEdges((_, { kind }) => kind));
  const isFiltered = look.hiddenKinds.size + look.hiddenRelationships.size > 0 || look.confidence > 0;
  return (
    <Panel
      title="Show"
      aside={
        isFiltered && (
          <Button small quiet onClick={() => onLook({ ...PLAIN, colourBy: look.colourBy, selected: look.selected, path: look.path })}>
            All
          </Button>
        )
      }
    >
      <div className="stack">
        <label className="field">
          <span className="label">Colour by</span>
          <select className="input" value={look.colourBy} onChange={(event) => onLook({ ...look, colourBy: event.target.value as Look["colourBy"] })}>
            <option value="community">Community</option>
            <option value="kind">Type</option>
          </select>
        </label>
        <fieldset className="graph-choices">
          <legend>Types</legend>
          {MEMORY_TYPES.filter((kind) => kinds.has(kind)).map((kind) => (
            <span key={kind} className="row split">
              <Check
                label={<TypeBadge type={kind} />}
                checked={!look.hiddenKinds.has(kind)}
                onChange={() => onLook({ ...look, hiddenKinds: turned(look.hiddenKinds, kind) })}
              />
              <span className="soft small number">{count(kinds.get(kind) ?? 0)}</span>
            </span>
          ))}
        </fieldset>
        <fieldset className="graph-choices">
          <legend>Edges</legend>
          {(Object.keys(RELATIONSHIPS) as Relationship[])
            .filter((kind) => relationships.has(kind))
            .map((kind) => (
              <span key={kind} className="row split">
                <Check
                  label={RELATIONSHIPS[kind].name}
                  checked={!look.hiddenRelationships.has(kind)}
                  onChange={() => onLook({ ...look, hiddenRelationships: turned(look.hiddenRelationships, kind) })}
                />
                <span className="soft small number">{count(relationships.get(kind) ?? 0)}</span>
              </span>
            ))}
        </fieldset>
        <label className="field">
          <span className="row split">
            <span className="label">Least confidence</span>
            <span className="soft small number">{percent(look.confidence)}</span>
          </span>
          <input type="range" min={0} max={1} step={0.05} value={look.confidence} onChange={(event) => onLook({ ...look, confidence: Number(event.target.value) })} />
        </label>
      </div>
    </Panel>
  );
}

function tally<Kind>(all: Kind[]): Map<Kind, number> {
  const counts = new Map<Kind, number>();
  all.forEach((kind) => counts.set(kind, (counts.get(kind) ?? 0) + 1));
  return counts;
}

function turned<Kind>(chosen: ReadonlySet<Kind>, kind: Kind): ReadonlySet<Kind> {
  const next = new Set(chosen);
  if (!next.delete(kind)) next.add(kind);
  return next;
}
