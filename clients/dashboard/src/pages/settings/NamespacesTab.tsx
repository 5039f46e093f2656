import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, client, type Shape } from "../../api/client";
import { distrust, useIsOwner } from "../../api/session";
import { Button } from "../../pieces/Button";
import { TextField } from "../../pieces/Field";
import { FormDialog, textOf } from "../../pieces/FormDialog";
import { Badge } from "../../pieces/small";
import { Answered } from "../../pieces/states";
import { Table } from "../../pieces/Table";
import { toastFault } from "../../pieces/Toast";
import { Intro } from "./Intro";

type Namespace = Shape<"Namespace">;

const KEY = "[a-z0-9][a-z0-9._\\-]{0,62}";

export function NamespacesTab() {
  const namespaces = api.useQuery("get", "/v1/namespaces");
  const isOwner = useIsOwner();
  const changed = useChanged();
  const [doing, setDoing] = useState<"new" | Namespace | null>(null);
  const close = () => setDoing(null);
  const create = async (form: FormData) => {
    const name = textOf(form, "name");
    await client.POST("/v1/namespaces", { body: { key: textOf(form, "key"), ...(name === "" ? {} : { name }) } });
    await changed();
  };
  const change = async ({ id }: Namespace, body: { name?: string; status?: Namespace["status"] }) => {
    await client.PATCH("/v1/namespaces/{namespace_id}", { params: { path: { namespace_id: id } }, body });
    await changed();
  };
  return (
    <div className="stack">
      <Intro
        action={
          isOwner && (
            <Button primary onClick={() => setDoing("new")}>
              New namespace
            </Button>
          )
        }
      >
        Separate parts of the workspace: a key reads and writes only the namespaces that it was granted.
      </Intro>
      <Answered query={namespaces} what="namespaces">
        {(data) => (
          <Table
            caption="Namespaces"
            rows={data.namespaces}
            id={({ id }) => id}
            columns={[
              { head: "Key", cell: ({ key }) => <code>{key}</code> },
              { head: "Name", cell: ({ name }) => name },
              { head: "Status", cell: (each) => <Status namespace={each} /> },
              {
                head: "",
                end: true,
                cell: (each) =>
                  isOwner && (
                    <span className="actions">
                      <Button small onClick={() => setDoing(each)}>
                        Rename
                      </Button>
                      {!each.is_default && (
                        <Button small onClick={() => void change(each, { status: each.status === "active" ? "archived" : "active" }).catch(toastFault)}>
                          {each.status === "active" ? "Archive" : "Restore"}
                        </Button>
                      )}
                    </span>
                  ),
              },
            ]}
          />
        )}
      </Answered>
      {doing === "new" && (
        <FormDialog title="New namespace" action="Create namespace" onSubmit={create} onClose={close}>
          {(about) => (
            <>
              <TextField label="Key" name="key" required pattern={KEY} error={about("key")} hint="Lower-case letters, digits, dot, dash, underscore. It can’t be changed later." />
              <TextField label="Name" name="name" maxLength={200} error={about("name")} hint="Optional. Without one it is the key." />
            </>
          )}
        </FormDialog>
      )}
      {doing !== null && doing !== "new" && (
        <FormDialog title={`Rename ${doing.key}`} action="Save" onSubmit={(form) => change(doing, { name: textOf(form, "name") })} onClose={close}>
          {(about) => <TextField label="Name" name="name" required maxLength={200} defaultValue={doing.name} error={about("name")} />}
        </FormDialog>
      )}
    </div>
  );
}

/** A workspace token has the namespaces of when it was given: the next request gets another. */
function useChanged() {
  const queries = useQueryClient();
  return async () => {
    distrust("data");
    await queries.invalidateQueries();
  };
}

function Status({ namespace }: { namespace: Namespace }) {
  if (namespace.is_default) return <Badge tone="good">default</Badge>;
  return namespace.status === "active" ? <Badge tone="good">active</Badge> : <Badge>archived</Badge>;
}
