import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";

import { api, client, type Shape, told } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Confirm } from "../../pieces/Dialog";
import { Icon } from "../../pieces/Icon";
import { Badge, Chips, count, counted, percent, Time, TypeBadge } from "../../pieces/small";
import { Answered, Loading } from "../../pieces/states";
import { Tabs } from "../../pieces/Tabs";
import { toast, toastFault } from "../../pieces/Toast";
import { EditDialog } from "./EditDialog";
import { History } from "./History";
import { Relationships } from "./Relationships";
import type { Found } from "./useMemories";
import { Why } from "./Why";

const Prose = lazy(() => import("../../pieces/Prose"));

type Detailed = Shape<"MemoryDetail">;

export function Detail({ memoryId, found, query }: { memoryId: string; found: Found | null; query: string }) {
  const { search } = useLocation();
  const asked = api.useQuery("get", "/api/v1/memories/{memory_id}", { params: { path: { memory_id: memoryId } } });
  return (
    <section className="memory" aria-label="The memory">
      <Link className="memory-back" to={{ pathname: "/memories", search }}>
        <Icon name="back" /> All memories
      </Link>
      <Answered query={asked} what="the memory">
        {(memory) => <Shown memory={memory} found={found} query={query} />}
      </Answered>
    </section>
  );
}

function Shown({ memory, found, query }: { memory: Detailed; found: Found | null; query: string }) {
  const edges = memory.outgoing_relationships.length + memory.incoming_relationships.length;
  return (
    <article className="stack">
      <header className="stack memory-head">
        <div className="row">
          <TypeBadge type={memory.memory_type} />
          <Badge>{memory.namespace}</Badge>
          {memory.importance_score === 1 && <Badge tone="good">Pinned</Badge>}
          {memory.is_consolidated && <Badge>Consolidated</Badge>}
          {memory.embedding_status !== "ready" && <Badge tone="warn">Embedding {memory.embedding_status}</Badge>}
        </div>
        <h2>{memory.title}</h2>
        <Actions memory={memory} />
      </header>
      {found !== null && <Why found={found} query={query} />}
      <Suspense fallback={<Loading what="the text" />}>
        <Prose text={memory.narrative} />
      </Suspense>
      <Tabs
        label="About this memory"
        tabs={[
          { id: "about", text: "About", content: () => <About memory={memory} /> },
          { id: "edges", text: `Relationships (${edges})`, content: () => <Relationships memory={memory} /> },
          { id: "history", text: "History", content: () => <History subject={memory.memory_id} /> },
        ]}
      />
    </article>
  );
}

function Actions({ memory }: { memory: Detailed }) {
  const [doing, setDoing] = useState<"edit" | "delete" | null>(null);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { search } = useLocation();
  const path = { memory_id: memory.memory_id };
  const rate = (useful: boolean) => {
    told(client.POST("/api/v1/memories/{memory_id}/feedback", { params: { path }, body: { useful } }))
      .then(({ updated_importance }) => {
        toast(`Feedback saved. The importance is ${updated_importance.toFixed(2)} now.`);
        return queries.invalidateQueries();
      })
      .catch(toastFault);
  };
  const remove = async () => {
    await client.DELETE("/api/v1/memories/{memory_id}", { params: { path } });
    void navigate({ pathname: "/memories", search });
    await queries.invalidateQueries();
    toast("Deleted.");
  };
  return (
    <div className="row">
      <Button small onClick={() => setDoing("edit")}>
        <Icon name="edit" size={15} /> Edit
      </Button>
      <Button small onClick={() => rate(true)}>
        <Icon name="up" size={15} /> Useful
      </Button>
      <Button small onClick={() => rate(false)}>
        <Icon name="down" size={15} /> Not useful
      </Button>
      <Button small danger onClick={() => setDoing("delete")}>
        <Icon name="trash" size={15} /> Delete…
      </Button>
      {doing === "edit" && <EditDialog memory={memory} onClose={() => setDoing(null)} />}
      {doing === "delete" && (
        <Confirm title="Delete this memory?" action="Delete for good" onConfirm={remove} onClose={() => setDoing(null)}>
          Its text is erased everywhere, also in the log, and its relationships go with it. There is no way back.
        </Confirm>
      )}
    </div>
  );
}

function About({ memory }: { memory: Detailed }) {
  const rows: [string, ReactNode][] = [
    ["Files", memory.source_files.length > 0 && <Files of={memory.source_files} />],
    ["Concepts", memory.concepts.length > 0 && <Chips of={memory.concepts} />],
    ["Tags", memory.tags.length > 0 && <Chips of={memory.tags} />],
    ["Importance", memory.importance_score.toFixed(2)],
    ["Confidence", memory.confidence_score.toFixed(2)],
    ["PageRank", memory.pagerank_score != null && percent(memory.pagerank_score)],
    ["Community", memory.community_label],
    ["Session", memory.source_session_id != null && <Link to={`/sessions/${memory.source_session_id}`}>{memory.source_session_id}</Link>],
    ["Consolidated into", memory.consolidated_into != null && <MemoryLink id={memory.consolidated_into} />],
    ["Consolidated from", memory.consolidated_from != null && memory.consolidated_from.map((id) => <MemoryLink key={id} id={id} />)],
    ["Opened", counted(memory.access_count, "time")],
    ["Retrieved", counted(memory.retrieval_count, "time")],
    ["Feedback", `${count(memory.feedback_positive_count)} useful, ${count(memory.feedback_negative_count)} not useful`],
    ["Stored", <Time key="stored" at={memory.created_at} exactly />],
    ["Changed", memory.updated_at != null && <Time at={memory.updated_at} exactly />],
    ["Revision", memory.revision],
    ["ID", <code key="id">{memory.memory_id}</code>],
  ];
  return (
    <dl className="facts">
      {rows.map(([name, value]) =>
        value === false || value == null ? null : (
          <div key={name} className="contents">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function Files({ of }: { of: string[] }) {
  return (
    <ul className="files">
      {of.map((file) => (
        <li key={file}>
          <Link className="mono" to={{ pathname: "/memories", search: `?file=${encodeURIComponent(file)}` }}>
            {file}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function MemoryLink({ id }: { id: string }) {
  return (
    <Link className="mono" to={`/memories/${id}`}>
      {id}{" "}
    </Link>
  );
}
