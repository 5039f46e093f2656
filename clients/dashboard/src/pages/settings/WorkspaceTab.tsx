import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { client, type Shape, told } from "../../api/client";
import { chooseWorkspace, reread, useIsOwner, useSignedIn } from "../../api/session";
import { Button } from "../../pieces/Button";
import { Dialog } from "../../pieces/Dialog";
import { Select, TextField } from "../../pieces/Field";
import { FormDialog, textOf } from "../../pieces/FormDialog";
import { Badge, count, Time } from "../../pieces/small";
import { Table } from "../../pieces/Table";
import { toast } from "../../pieces/Toast";
import { Intro } from "./Intro";
import { OnceShown } from "./OnceShown";

type Workspace = Shape<"ManagedWorkspace">;
type Doing = { what: "new" } | { what: "change" | "delete"; workspace: Workspace } | { what: "show"; key: Shape<"ShownKey"> };

export function WorkspaceTab() {
  const { workspaces, workspace: present } = useSignedIn();
  const isOwner = useIsOwner();
  const queries = useQueryClient();
  const [doing, setDoing] = useState<Doing | null>(null);
  const close = () => setDoing(null);
  const enter = (workspaceId: string) => {
    chooseWorkspace(workspaceId);
    queries.clear();
  };
  return (
    <div className="stack">
      <Intro
        action={
          isOwner && (
            <Button primary onClick={() => setDoing({ what: "new" })}>
              New workspace
            </Button>
          )
        }
      >
        Each workspace has memories, keys and a plan of its own; nothing is shared between two.
      </Intro>
      <Table
        caption="Workspaces"
        rows={workspaces}
        id={(workspace) => workspace.workspace_id}
        columns={[
          { head: "Name", cell: ({ name, workspace_id }) => <Named name={name} id={workspace_id} isPresent={workspace_id === present?.workspace_id} /> },
          { head: "Plan", cell: ({ plan }) => plan },
          { head: "Memories", cell: ({ memory_count, memory_limit }) => ofLimit(memory_count, memory_limit), end: true },
          { head: "Keys", cell: ({ key_count, key_limit }) => ofLimit(key_count, key_limit), end: true },
          { head: "Created", cell: ({ created_at }) => <Time at={created_at} /> },
          {
            head: "",
            end: true,
            cell: (workspace) => (
              <span className="actions">
                {workspace.workspace_id !== present?.workspace_id && (
                  <Button small onClick={() => enter(workspace.workspace_id)}>
                    Switch to it
                  </Button>
                )}
                {isOwner && (
                  <>
                    <Button small onClick={() => setDoing({ what: "change", workspace })}>
                      Change
                    </Button>
                    <Button small danger onClick={() => setDoing({ what: "delete", workspace })}>
                      Delete…
                    </Button>
                  </>
                )}
              </span>
            ),
          },
        ]}
      />
      {doing?.what === "new" && <New onClose={close} onMade={(key) => setDoing({ what: "show", key })} />}
      {doing?.what === "change" && <Change workspace={doing.workspace} onClose={close} />}
      {doing?.what === "delete" && <Delete workspace={doing.workspace} onClose={close} />}
      {doing?.what === "show" && (
        <Dialog title="The workspace’s first key" onClose={close}>
          <OnceShown secret={doing.key.api_key} what="key" />
        </Dialog>
      )}
    </div>
  );
}

function Named({ name, id, isPresent }: { name: string; id: string; isPresent: boolean }) {
  return (
    <>
      {name} {isPresent && <Badge tone="good">current</Badge>}
      <div className="soft mono small">{id}</div>
    </>
  );
}

function ofLimit(value: number, limit: number | null): string {
  return limit === null ? count(value) : `${count(value)} of ${count(limit)}`;
}

function New({ onClose, onMade }: { onClose: () => void; onMade: (key: Shape<"ShownKey">) => void }) {
  const make = async (form: FormData) => {
    const workspace_name = textOf(form, "name");
    const made = await told(client.POST("/v1/auth/api-keys", { body: { workspace_name, name: "First key" } }));
    await reread();
    return made;
  };
  return (
    <FormDialog title="New workspace" action="Create workspace" onSubmit={make} onClose={onClose} onDone={onMade}>
      {(about) => <TextField label="Name" name="name" required maxLength={500} error={about("workspace_name")} hint="It comes with a first key." />}
    </FormDialog>
  );
}

function Change({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const queries = useQueryClient();
  const change = async (form: FormData) => {
    const body = { name: textOf(form, "name"), plan: textOf(form, "plan") as Workspace["plan"] };
    await client.PATCH("/v1/workspaces/{tenant_id}", { params: { path: { tenant_id: workspace.workspace_id } }, body });
    await Promise.all([reread(), queries.invalidateQueries()]);
  };
  return (
    <FormDialog title={`Change ${workspace.name}`} action="Save" onSubmit={change} onClose={onClose}>
      {(about) => (
        <>
          <TextField label="Name" name="name" required maxLength={500} defaultValue={workspace.name} error={about("name")} />
          <Select label="Plan" name="plan" defaultValue={workspace.plan} hint="A smaller one takes nothing away: what is beyond its limits stays.">
            <option value="free">free: 500 memories, 30 days, 1 key</option>
            <option value="pro">pro: 10,000 memories, 3 keys</option>
            <option value="team">team: no limits</option>
          </Select>
        </>
      )}
    </FormDialog>
  );
}

function Delete({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const queries = useQueryClient();
  const remove = async (form: FormData) => {
    if (textOf(form, "name") !== workspace.name) throw new Error("That is not its name.");
    await client.DELETE("/v1/workspaces/{tenant_id}", { params: { path: { tenant_id: workspace.workspace_id } } });
    await reread();
    queries.clear();
    toast(`${workspace.name} was deleted.`);
  };
  return (
    <FormDialog title={`Delete ${workspace.name}?`} action="Delete for good" danger onSubmit={remove} onClose={onClose}>
      {() => (
        <>
          <p>All of its memories, sessions, documents and keys go with it. There is no way back.</p>
          <TextField label={`Type its name, ${workspace.name}, to confirm`} name="name" required autoComplete="off" />
        </>
      )}
    </FormDialog>
  );
}
