import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, client, type Shape, told } from "../../api/client";
import { useIsOwner } from "../../api/session";
import { Button } from "../../pieces/Button";
import { Confirm, Dialog } from "../../pieces/Dialog";
import { TextField } from "../../pieces/Field";
import { FormDialog, textOf } from "../../pieces/FormDialog";
import { Badge, Time } from "../../pieces/small";
import { Answered, Empty } from "../../pieces/states";
import { Table } from "../../pieces/Table";
import { Intro } from "./Intro";
import { KeyDialog } from "./KeyDialog";
import { OnceShown } from "./OnceShown";

type ApiKey = Shape<"ApiKey">;
type Doing = { what: "new" } | { what: "rename" | "scopes" | "rotate" | "revoke"; key: ApiKey } | { what: "show"; secret: string };

export function KeysTab() {
  const keys = api.useQuery("get", "/v1/auth/api-keys");
  const isOwner = useIsOwner();
  const [doing, setDoing] = useState<Doing | null>(null);
  return (
    <div className="stack">
      <Intro
        action={
          isOwner && (
            <Button primary onClick={() => setDoing({ what: "new" })}>
              New key
            </Button>
          )
        }
      >
        Agents and programs sign in with a key. Its grants can be changed at any time, with immediate effect.
      </Intro>
      <Answered query={keys} what="keys">
        {({ api_keys }) =>
          api_keys.length === 0 ? <Empty title="No keys yet">An agent needs one to work with this workspace.</Empty> : <List keys={api_keys} isOwner={isOwner} act={setDoing} />
        }
      </Answered>
      {doing !== null && <Done doing={doing} show={(secret) => setDoing({ what: "show", secret })} onClose={() => setDoing(null)} />}
    </div>
  );
}

function List({ keys, isOwner, act }: { keys: ApiKey[]; isOwner: boolean; act: (doing: Doing) => void }) {
  return (
    <Table
      caption="API keys"
      rows={keys}
      id={({ key_id }) => key_id}
      columns={[
        {
          head: "Name",
          cell: ({ name, prefix }) => (
            <>
              {name}
              <div className="soft mono small">{prefix}_…</div>
            </>
          ),
        },
        { head: "Grants", cell: (key) => <Grants apiKey={key} /> },
        { head: "Created", cell: ({ created_at, rotated_at }) => <Time at={rotated_at ?? created_at} /> },
        { head: "Expires", cell: ({ expires_at }) => (expires_at == null ? <span className="soft">never</span> : <Time at={expires_at} />) },
        {
          head: "",
          end: true,
          cell: (key) =>
            isOwner && (
              <span className="actions">
                <Button small onClick={() => act({ what: "rename", key })}>
                  Rename
                </Button>
                <Button small onClick={() => act({ what: "scopes", key })}>
                  Grants
                </Button>
                <Button small onClick={() => act({ what: "rotate", key })}>
                  Rotate…
                </Button>
                <Button small danger onClick={() => act({ what: "revoke", key })}>
                  Revoke…
                </Button>
              </span>
            ),
        },
      ]}
    />
  );
}

function Grants({ apiKey }: { apiKey: ApiKey }) {
  return (
    <ul className="chips">
      {apiKey.scopes.map(({ namespace, namespace_id, permissions }) => (
        <li key={namespace_id}>
          <Badge>
            {namespace}: {permissions.includes("write") ? "read, write" : "read"}
            {apiKey.scopes.length > 1 && namespace_id === apiKey.default_namespace_id && " (default)"}
          </Badge>
        </li>
      ))}
    </ul>
  );
}

function Done({ doing, show, onClose }: { doing: Doing; show: (secret: string) => void; onClose: () => void }) {
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ["get", "/v1/auth/api-keys"] });
  if (doing.what === "show") {
    return (
      <Dialog title="Your key" onClose={onClose}>
        <OnceShown secret={doing.secret} what="key" />
      </Dialog>
    );
  }
  if (doing.what === "new") return <KeyDialog apiKey={null} onMade={show} onClose={onClose} />;
  const { key } = doing;
  const params = { path: { key_id: key.key_id } };
  if (doing.what === "scopes") return <KeyDialog apiKey={key} onMade={show} onClose={onClose} />;
  if (doing.what === "rename") {
    const rename = async (form: FormData) => {
      await client.PATCH("/v1/auth/api-keys/{key_id}", { params, body: { name: textOf(form, "name") } });
      await again();
    };
    return (
      <FormDialog title="Rename key" action="Save" onSubmit={rename} onClose={onClose}>
        {(about) => <TextField label="Name" name="name" required maxLength={500} defaultValue={key.name} error={about("name")} />}
      </FormDialog>
    );
  }
  if (doing.what === "rotate") {
    const rotate = async () => {
      const rotated = await told(client.POST("/v1/auth/api-keys/{key_id}/rotate", { params }));
      await again();
      return rotated.api_key;
    };
    return (
      <Confirm title={`Rotate ${key.name}?`} action="Rotate" onConfirm={rotate} onClose={onClose} onDone={show}>
        It gets a new secret. The old one stops working at once.
      </Confirm>
    );
  }
  const revoke = async () => {
    await client.DELETE("/v1/auth/api-keys/{key_id}", { params });
    await again();
  };
  return (
    <Confirm title={`Revoke ${key.name}?`} action="Revoke for good" onConfirm={revoke} onClose={onClose}>
      Whoever uses it is refused at once. There is no way back.
    </Confirm>
  );
}
