import { useState } from "react";

import { api, type Shape } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Answered } from "../../pieces/states";
import { Badge, counted, percent } from "../../pieces/small";

const PAGE = 50;

/** What the document says, sentence by sentence. */
export function Facts({ documentId, onShow }: { documentId: string; onShow: (chunkId: string) => void }) {
  const [limit, setLimit] = useState(PAGE);
  const query = api.useQuery(
    "get",
    "/v1/facts",
    { params: { query: { document_id: documentId, limit } } },
    { placeholderData: (before) => before },
  );
  return (
    <Answered query={query} what="facts">
      {({ facts }) =>
        facts.length === 0 ? (
          <p className="soft">No facts, preferences, episodes or decisions were found in it.</p>
        ) : (
          <>
            <ul className="findings">
              {facts.map((fact) => (
                <li key={fact.fact_id}>
                  <span className="row small">
                    <Badge>{fact.kind}</Badge>
                    <span className="soft number">{percent(fact.confidence)}</span>
                  </span>
                  <p>{fact.text}</p>
                  <Button small quiet onClick={() => onShow(fact.chunk_id)}>
                    Show in the text
                  </Button>
                </li>
              ))}
            </ul>
            <More got={facts.length} limit={limit} onMore={setLimit} />
          </>
        )
      }
    </Answered>
  );
}

/** What the document speaks of. */
export function Entities({ documentId, onShow }: { documentId: string; onShow: (chunkId: string) => void }) {
  const [limit, setLimit] = useState(PAGE);
  const query = api.useQuery(
    "get",
    "/v1/entities",
    { params: { query: { document_id: documentId, limit } } },
    { placeholderData: (before) => before },
  );
  return (
    <Answered query={query} what="entities">
      {({ entities }) =>
        entities.length === 0 ? (
          <p className="soft">No entities were found in it.</p>
        ) : (
          <>
            <ul className="findings">
              {entities.map((entity) => (
                <Entity key={entity.entity_id} entity={entity} onShow={onShow} />
              ))}
            </ul>
            <More got={entities.length} limit={limit} onMore={setLimit} />
          </>
        )
      }
    </Answered>
  );
}

/** Leads from one mention to the next. */
function Entity({ entity, onShow }: { entity: Shape<"FoundEntity">; onShow: (chunkId: string) => void }) {
  const [at, setAt] = useState(0);
  const show = () => {
    const chunkId = entity.chunk_ids[at];
    if (chunkId !== undefined) onShow(chunkId);
    setAt((at + 1) % Math.max(1, entity.chunk_ids.length));
  };
  return (
    <li className="row split">
      <span>
        <strong>{entity.name}</strong> <span className="soft small">{entity.kind}</span>
      </span>
      <Button small quiet aria-label={`Show where ${entity.name} is mentioned`} onClick={show}>
        {counted(entity.mentions, "mention")}
      </Button>
    </li>
  );
}

function More({ got, limit, onMore }: { got: number; limit: number; onMore: (limit: number) => void }) {
  if (got < limit || limit >= 500) return null;
  return (
    <Button small onClick={() => onMore(500)}>
      Show more
    </Button>
  );
}
