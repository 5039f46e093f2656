import { api, type Shape } from "../../api/client";
import { Panel } from "../../pieces/Page";
import { Answered } from "../../pieces/states";
import { counted } from "../../pieces/small";

type Section = Shape<"Section">;

/** The document's headings; each leads to where it begins. */
export function SectionTree({ documentId, place, onPlace }: {
  documentId: string;
  place: number | null;
  onPlace: (place: number) => void;
}) {
  const query = api.useQuery("get", "/v1/documents/{document_id}/tree", { params: { path: { document_id: documentId } } });
  return (
    <Panel title="Sections" className="document-sections">
      <Answered query={query} what="the sections">
        {({ sections }) => (
          <nav aria-label="Sections" className="sections">
            <Level sections={sections} parent={null} place={place} onPlace={onPlace} />
          </nav>
        )}
      </Answered>
    </Panel>
  );
}

function Level({ sections, parent, place, onPlace }: {
  sections: Section[];
  parent: string | null;
  place: number | null;
  onPlace: (place: number) => void;
}) {
  const here = sections.filter(({ parent_id }) => (parent_id ?? null) === parent);
  if (here.length === 0) return null;
  return (
    <ul>
      {here.map((section) => (
        <li key={section.section_id}>
          <button
            type="button"
            className="section"
            aria-current={place === section.first_chunk ? "true" : undefined}
            title={counted(section.last_chunk - section.first_chunk + 1, "passage")}
            onClick={() => onPlace(section.first_chunk)}
          >
            {section.title}
          </button>
          <Level sections={sections} parent={section.section_id} place={place} onPlace={onPlace} />
        </li>
      ))}
    </ul>
  );
}
