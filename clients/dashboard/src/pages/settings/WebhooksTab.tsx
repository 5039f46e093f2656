import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, client, type Shape, told } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Confirm, Dialog } from "../../pieces/Dialog";
import { Select, TextField } from "../../pieces/Field";
import { FormDialog, textOf } from "../../pieces/FormDialog";
import { Badge, Chips, Time } from "../../pieces/small";
import { Answered, Empty } from "../../pieces/states";
import { Table } from "../../pieces/Table";
import { toast, toastFault } from "../../pieces/Toast";
import { Deliveries } from "./Deliveries";
import { Intro } from "./Intro";
import { OnceShown } from "./OnceShown";

type Webhook = Shape<"Webhook">;
type Doing = { what: "new" } | { what: "change" | "rotate" | "delete" | "deliveries"; webhook: Webhook } | { what: "show"; secret: string };

const ABOUT = ["memory", "relationship", "session", "document", "job", "key", "namespace", "workspace"];

export function WebhooksTab() {
  const webhooks = api.useQuery("get", "/v1/webhooks");
  const [doing, setDoing] = useState<Doing | null>(null);
  return (
    <div className="stack">
      <Intro
        action={
          <Button primary onClick={() => setDoing({ what: "new" })}>
            New webhook
          </Button>
        }
      >
        Sends this workspace’s events to a URL: in order, signed, and repeated until they are accepted.
      </Intro>
      <Answered query={webhooks} what="webhooks">
        {(data) => (data.webhooks.length === 0 ? <Empty title="No webhooks yet" /> : <List webhooks={data.webhooks} act={setDoing} />)}
      </Answered>
      {doing !== null && <Done doing={doing} act={setDoing} onClose={() => setDoing(null)} />}
    </div>
  );
}

function List({ webhooks, act }: { webhooks: Webhook[]; act: (doing: Doing) => void }) {
  const test = ({ webhook_id }: Webhook) => {
    const call = client.POST("/v1/webhooks/{webhook_id}/test", { params: { path: { webhook_id } } });
    call.then(() => toast("A test event was sent; Deliveries show the outcome.")).catch(toastFault);
  };
  return (
    <Table
      caption="Webhooks"
      rows={webhooks}
      id={({ webhook_id }) => webhook_id}
      columns={[
        {
          head: "URL",
          cell: ({ url, description }) => (
            <span className="url">
              {url}
              {description !== null && <span className="soft small">{description}</span>}
            </span>
          ),
        },
        { head: "Events", cell: ({ types }) => (types.length === 0 ? "all" : <Chips of={types.map((type) => type.replace("weft.", ""))} />) },
        { head: "Status", cell: (webhook) => <State webhook={webhook} /> },
        {
          head: "",
          end: true,
          cell: (webhook) => (
            <span className="actions">
              <Button small onClick={() => act({ what: "deliveries", webhook })}>
                Deliveries
              </Button>
              <Button small disabled={!webhook.enabled} onClick={() => test(webhook)}>
                Test
              </Button>
              <Button small onClick={() => act({ what: "change", webhook })}>
                Change
              </Button>
              <Button small onClick={() => act({ what: "rotate", webhook })}>
                Rotate…
              </Button>
              <Button small danger onClick={() => act({ what: "delete", webhook })}>
                Delete…
              </Button>
            </span>
          ),
        },
      ]}
    />
  );
}

function State({ webhook }: { webhook: Webhook }) {
  if (!webhook.enabled) return <Badge tone="bad">off{webhook.disabled_reason === null ? "" : `: ${webhook.disabled_reason}`}</Badge>;
  if (webhook.failing_since == null) return <Badge tone="good">on</Badge>;
  return (
    <Badge tone="warn">
      failing since <Time at={webhook.failing_since} />
    </Badge>
  );
}

function Done({ doing, act, onClose }: { doing: Doing; act: (doing: Doing) => void; onClose: () => void }) {
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ["get", "/v1/webhooks"] });
  const show = (secret: string) => act({ what: "show", secret });
  if (doing.what === "show") {
    return (
      <Dialog title="The webhook’s secret" onClose={onClose}>
        <OnceShown secret={doing.secret} what="secret" />
        <p className="soft">The receiver verifies signatures with it (Standard Webhooks).</p>
      </Dialog>
    );
  }
  if (doing.what === "new") {
    const make = async (form: FormData) => {
      const description = textOf(form, "description");
      const body = { url: textOf(form, "url"), types: typesIn(form), ...(description === "" ? {} : { description }) };
      const { secret } = await told(client.POST("/v1/webhooks", { body }));
      await again();
      return secret;
    };
    return (
      <FormDialog title="New webhook" action="Create webhook" onSubmit={make} onClose={onClose} onDone={show}>
        {(about) => <Fields about={about} />}
      </FormDialog>
    );
  }
  const { webhook } = doing;
  const params = { path: { webhook_id: webhook.webhook_id } };
  if (doing.what === "deliveries") return <Deliveries webhook={webhook} onClose={onClose} />;
  if (doing.what === "change") {
    const change = async (form: FormData) => {
      const said = { url: textOf(form, "url"), types: typesIn(form), enabled: textOf(form, "enabled") === "on" };
      await client.PATCH("/v1/webhooks/{webhook_id}", { params, body: { ...said, description: textOf(form, "description") } });
      await again();
    };
    return (
      <FormDialog title="Change webhook" action="Save" onSubmit={change} onClose={onClose}>
        {(about) => (
          <>
            <Fields webhook={webhook} about={about} />
            <Select label="Status" name="enabled" defaultValue={webhook.enabled ? "on" : "off"}>
              <option value="on">on</option>
              <option value="off">off</option>
            </Select>
          </>
        )}
      </FormDialog>
    );
  }
  if (doing.what === "rotate") {
    const rotate = async () => (await told(client.POST("/v1/webhooks/{webhook_id}/rotate", { params }))).secret;
    return (
      <Confirm title="Rotate the secret?" action="Rotate" onConfirm={rotate} onClose={onClose} onDone={show}>
        What is sent from now on is signed with the new one.
      </Confirm>
    );
  }
  const remove = async () => {
    await client.DELETE("/v1/webhooks/{webhook_id}", { params });
    await again();
  };
  return (
    <Confirm title="Delete this webhook?" action="Delete for good" onConfirm={remove} onClose={onClose}>
      Nothing more is sent to {webhook.url}, and what is waiting is dropped.
    </Confirm>
  );
}

function Fields({ webhook, about }: { webhook?: Webhook; about: (field: string) => string | undefined }) {
  return (
    <>
      <TextField label="URL" name="url" type="url" required defaultValue={webhook?.url} error={about("url")} placeholder="https://" />
      <TextField label="Description" name="description" maxLength={500} defaultValue={webhook?.description ?? ""} error={about("description")} />
      <fieldset className="types">
        <legend className="small">Events about (none selected: all)</legend>
        {ABOUT.map((entity) => (
          <label className="check" key={entity}>
            <input type="checkbox" name="types" value={`weft.${entity}`} defaultChecked={webhook?.types.includes(`weft.${entity}`)} />
            {entity}
          </label>
        ))}
      </fieldset>
    </>
  );
}

function typesIn(form: FormData): string[] {
  return form.getAll("types").map(String);
}
