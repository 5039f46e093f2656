import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Link, useNavigate } from "react-router";

import { api, client, type Shape, told } from "../../api/client";
import { JobPanel } from "../../jobs/JobPanel";
import { Button } from "../../pieces/Button";
import { Confirm } from "../../pieces/Dialog";
import { Icon } from "../../pieces/Icon";
import { Page, Panel } from "../../pieces/Page";
import { Answered, Empty } from "../../pieces/states";
import { Time, bytes, count } from "../../pieces/small";
import { Tabs } from "../../pieces/Tabs";
import { toast, toastFault } from "../../pieces/Toast";
import { Entities, Facts } from "./Findings";
import { StatusBadge } from "./Listing";
import { Passages } from "./Passages";
import { SectionTree } from "./SectionTree";

type Document = Shape<"Document">;

const LOCATED_TOGETHER = 500;
const OF_ONE = ["/v1/documents/{document_id}", "/v1/documents/{document_id}/tree", "/v1/documents/{document_id}/chunks", "/v1/facts", "/v1/entities"];

export function Reader({ documentId }: { documentId: string }) {
  const query = api.useQuery("get", "/v1/documents/{document_id}", { params: { path: { document_id: documentId } } });
  if (query.data !== undefined) return <Found document={query.data} />;
  return (
    <Page title="Document">
      <Answered query={query} what="the document">
        {() => null}
      </Answered>
    </Page>
  );
}

function Found({ document }: { document: Document }) {
  const { document_id: id } = document;
  const [deleting, setDeleting] = useState(false);
  const [place, setPlace] = useState<number | null>(null);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const reread = useCallback(() => {
    OF_ONE.forEach((path) => void queries.invalidateQueries({ queryKey: ["get", path] }));
  }, [queries]);
  const remove = async () => {
    await told(client.DELETE("/v1/documents/{document_id}", { params: { path: { document_id: id } } }));
    queries.removeQueries({ queryKey: ["get", "/v1/documents/{document_id}"] });
    await queries.invalidateQueries({ queryKey: ["get", "/v1/documents"] });
    toast("Deleted.");
    void navigate("/documents");
  };
  const show = (chunkId: string) => void locate(id, chunkId).then(setPlace, toastFault);
  const isThere = document.ready_version != null;
  return (
    <Page
      title={document.title}
      about={
        <>
          <Link to="/documents">Documents</Link> · <Time at={document.updated_at ?? document.created_at} exactly />
        </>
      }
      actions={
        <Button danger onClick={() => setDeleting(true)}>
          <Icon name="trash" /> Delete…
        </Button>
      }
    >
      <div className="document">
        <div className="document-text">
          {isThere ? <Passages document={document} place={place} onPlace={setPlace} /> : <NotThere document={document} />}
        </div>
        <div className="document-side">
          <About document={document} />
          {document.status !== "ready" && <JobPanel jobId={document.job_id} title="Reading it" onChange={reread} />}
          {isThere && (document.section_count ?? 0) > 0 && <SectionTree documentId={id} place={place} onPlace={setPlace} />}
          {isThere && (
            <Panel>
              <Tabs
                label="What was found in it"
                tabs={[
                  { id: "facts", text: "Facts", content: () => <Facts documentId={id} onShow={show} /> },
                  { id: "entities", text: "Entities", content: () => <Entities documentId={id} onShow={show} /> },
                ]}
              />
            </Panel>
          )}
        </div>
      </div>
      {deleting && (
        <Confirm title={`Delete “${document.title}”?`} action="Delete for good" onConfirm={remove} onClose={() => setDeleting(false)}>
          <p>All its versions, passages, facts and entities are erased. There is no way back.</p>
        </Confirm>
      )}
    </Page>
  );
}

function NotThere({ document: { status } }: { document: Document }) {
  if (status === "processing") return <Empty title="It is being read">Its passages appear here as soon as they are ready.</Empty>;
  if (status === "failed") return <Empty title="It could not be read">The job says why, and can be retried.</Empty>;
  return <Empty title="There is no text in it">A scanned PDF, for example, has pictures only.</Empty>;
}

function About({ document }: { document: Document }) {
  return (
    <Panel title="About" aside={<StatusBadge status={document.status} />}>
      <dl className="facts small">
        <dt>Version</dt>
        <dd className="number">
          {count(document.version)}
          {document.ready_version != null && document.ready_version !== document.version && `, shown is ${count(document.ready_version)}`}
        </dd>
        <dt>Size</dt>
        <dd className="number">{bytes(document.size)}</dd>
        <dt>Passages</dt>
        <dd className="number">{count(document.chunk_count ?? 0)}</dd>
        <dt>Namespace</dt>
        <dd>{document.namespace}</dd>
        {document.source_id != null && (
          <>
            <dt>Source ID</dt>
            <dd className="mono">{document.source_id}</dd>
          </>
        )}
        {Object.entries(document.metadata ?? {}).map(([name, value]) => (
          <div key={name} className="contents">
            <dt>{name}</dt>
            <dd className="mono">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

/** The place of a passage in its document: facts and entities only know its id. */
async function locate(documentId: string, chunkId: string): Promise<number> {
  for (let offset = 0; ; offset += LOCATED_TOGETHER) {
    const { chunks } = await told(
      client.GET("/v1/documents/{document_id}/chunks", {
        params: { path: { document_id: documentId }, query: { offset, limit: LOCATED_TOGETHER } },
      }),
    );
    const found = chunks.find(({ chunk_id }) => chunk_id === chunkId);
    if (found !== undefined) return found.index;
    if (chunks.length < LOCATED_TOGETHER) throw new Error("This passage is of an earlier version.");
  }
}

