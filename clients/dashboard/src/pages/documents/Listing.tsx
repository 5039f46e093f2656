import { type DragEvent, useState } from "react";
import { Link, useNavigate } from "react-router";

import { api, type Shape } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Icon } from "../../pieces/Icon";
import { Page } from "../../pieces/Page";
import { PAGE, Pager } from "../../pieces/Pager";
import { Answered, Empty } from "../../pieces/states";
import { Badge, Time, bytes, count } from "../../pieces/small";
import { Table } from "../../pieces/Table";
import { UploadDialog } from "./UploadDialog";

export type Document = Shape<"Document">;

const TONES: Record<Document["status"], "good" | "warn" | "bad" | undefined> = {
  processing: undefined,
  ready: "good",
  empty: "warn",
  failed: "bad",
};
const TYPES: Record<Document["media_type"], string> = { "text/plain": "Text", "text/markdown": "Markdown", "application/pdf": "PDF" };

export function Listing() {
  const [uploading, setUploading] = useState<{ file: File | null } | null>(null);
  const [offset, setOffset] = useState(0);
  const [isOver, setOver] = useState(false);
  const navigate = useNavigate();
  const query = api.useQuery(
    "get",
    "/v1/documents",
    { params: { query: { limit: PAGE, offset } } },
    {
      placeholderData: (before) => before,
      refetchInterval: ({ state }) => (state.data?.documents.some(({ status }) => status === "processing") === true ? 1_500 : false),
    },
  );
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file !== undefined) setUploading({ file });
  };
  const button = (
    <Button primary onClick={() => setUploading({ file: null })}>
      <Icon name="upload" /> Upload
    </Button>
  );
  return (
    <div
      className={isOver ? "documents documents-over" : "documents"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Page title="Documents" about="Files, split into passages that searches find together with memories." actions={button}>
        <Answered query={query} what="documents">
          {({ documents }) =>
            documents.length === 0 && offset === 0 ? (
              <Empty title="No documents yet" action={button}>
                Drop a Markdown, text or PDF file here, or choose one.
              </Empty>
            ) : (
              <div className="stack">
                <Table
                  caption="Documents, the newest first"
                  id={({ document_id }) => document_id}
                  rows={documents}
                  columns={[
                    { head: "Document", cell: ({ document_id, title }) => <Link to={`/documents/${document_id}`}>{title}</Link> },
                    { head: "Status", cell: ({ status }) => <StatusBadge status={status} /> },
                    { head: "Type", cell: ({ media_type }) => TYPES[media_type] },
                    { head: "Changed", cell: ({ created_at, updated_at }) => <Time at={updated_at ?? created_at} /> },
                    { head: "Version", cell: ({ version }) => count(version), end: true },
                    { head: "Passages", cell: ({ chunk_count }) => count(chunk_count ?? 0), end: true },
                    { head: "Size", cell: ({ size }) => bytes(size), end: true },
                  ]}
                />
                <Pager offset={offset} got={documents.length} onTurn={setOffset} />
              </div>
            )
          }
        </Answered>
      </Page>
      {uploading !== null && (
        <UploadDialog
          given={uploading.file}
          onClose={() => setUploading(null)}
          onDone={(documentId) => void navigate(`/documents/${documentId}`)}
        />
      )}
    </div>
  );
}

export function StatusBadge({ status }: { status: Document["status"] }) {
  return <Badge tone={TONES[status]}>{status}</Badge>;
}
