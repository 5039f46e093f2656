import { api } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Check, Field } from "../../pieces/Field";
import { ListField } from "../../pieces/ListField";
import { MEMORY_TYPES, typeName } from "../../pieces/small";
import { type Filters, NO_FILTERS } from "./filters";

export function FilterPanel({ filters, change }: { filters: Filters; change: (changes: Partial<Filters>) => void }) {
  return (
    <div className="filters">
      <fieldset>
        <legend>Types</legend>
        <Choices of={MEMORY_TYPES} name={typeName} chosen={filters.types} choose={(types) => change({ types, prunable: false })} />
      </fieldset>
      <Namespaces filters={filters} change={change} />
      <ListField label="Tags" hint="A memory has all of them" values={filters.tags} onChange={(tags) => change({ tags, prunable: false })} />
      <ListField label="Tag prefixes" values={filters.prefixes} onChange={(prefixes) => change({ prefixes, prunable: false })} />
      <ListField label="Files" hint="Any of these files or folders" values={filters.files} onChange={(files) => change({ files, prunable: false })} />
      <Least label="Importance" value={filters.importance} onChange={(importance) => change({ importance, prunable: false })} />
      <Least label="Confidence" value={filters.confidence} onChange={(confidence) => change({ confidence, prunable: false })} />
      <div className="stack">
        <Check label="Keywords only" checked={filters.wordsOnly} onChange={(event) => change({ wordsOnly: event.target.checked })} />
        <Check
          label="Pruning candidates only"
          title="Importance below 0.3, older than the retention period, not opened for 90 days"
          checked={filters.prunable}
          onChange={(event) => change(event.target.checked ? { ...NO_FILTERS, prunable: true } : { prunable: false })}
        />
      </div>
      <Button small onClick={() => change({ ...NO_FILTERS, query: filters.query })}>
        Clear all filters
      </Button>
    </div>
  );
}

function Choices<T extends string>({ of, name, chosen, choose }: {
  of: readonly T[];
  name: (each: T) => string;
  chosen: T[];
  choose: (next: T[]) => void;
}) {
  return (
    <div className="chips">
      {of.map((each) => {
        const isChosen = chosen.includes(each);
        const next = isChosen ? chosen.filter((other) => other !== each) : [...chosen, each];
        return (
          <Button key={each} small aria-pressed={isChosen} onClick={() => choose(next)}>
            {name(each)}
          </Button>
        );
      })}
    </div>
  );
}

function Namespaces({ filters, change }: { filters: Filters; change: (changes: Partial<Filters>) => void }) {
  const { data } = api.useQuery("get", "/v1/namespaces");
  const active = (data?.namespaces ?? []).filter(({ status }) => status === "active").map(({ key }) => key);
  if (active.length < 2) return null;
  return (
    <fieldset>
      <legend>Namespaces</legend>
      <Choices of={active} name={(key) => key} chosen={filters.namespaces} choose={(namespaces) => change({ namespaces })} />
    </fieldset>
  );
}

function Least({ label, value, onChange }: { label: string; value: number; onChange: (value: number) => void }) {
  return (
    <Field label={value > 0 ? `${label}: at least ${value.toFixed(2)}` : `${label}: any`}>
      {(given) => (
        <input {...given} type="range" min={0} max={1} step={0.05} value={value} onChange={(event) => onChange(Number(event.target.value))} />
      )}
    </Field>
  );
}
