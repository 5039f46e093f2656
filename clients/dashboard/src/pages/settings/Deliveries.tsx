import { useState } from "react";

import { api, client, type Shape } from "../../api/client";
import { Button } from "../../pieces/Button";
import { Dialog } from "../../pieces/Dialog";
import { Badge, Time } from "../../pieces/small";
import { Answered, Empty } from "../../pieces/states";
import { Table } from "../../pieces/Table";
import { toast, toastFault } from "../../pieces/Toast";

type Delivery = Shape<"Delivery">;
type Status = Delivery["status"];

const STATUSES: Status[] = ["waiting", "delivered", "parked"];
const TONES = { waiting: "warn", delivered: "good", parked: "bad" } as const;
const REFRESH_MS = 5_000;

/** What a webhook sent, and what became of it; what was parked can be sent again. */
export function Deliveries({ webhook, onClose }: { webhook: Shape<"Webhook">; onClose: () => void }) {
  const [status, choose] = useState<Status | null>(null);
  const path = { webhook_id: webhook.webhook_id };
  const query = status === null ? {} : { status };
  const sent = api.useQuery("get", "/v1/webhooks/{webhook_id}/deliveries", { params: { path, query } }, { refetchInterval: REFRESH_MS });
  const replay = (body: { delivery_id?: string }) => {
    client
      .POST("/v1/webhooks/{webhook_id}/replay", { params: { path }, body })
      .then(() => toast("Queued again."))
      .then(() => sent.refetch())
      .catch(toastFault);
  };
  return (
    <Dialog title={`Deliveries to ${webhook.url}`} onClose={onClose} wide>
      <div className="stack">
        <div className="row split">
          <div className="row" role="group" aria-label="Filter by status">
            {STATUSES.map((each) => (
              <Button key={each} small aria-pressed={each === status} onClick={() => choose(each === status ? null : each)}>
                {each}
              </Button>
            ))}
          </div>
          <Button small onClick={() => replay({})}>
            Resend all parked
          </Button>
        </div>
        <Answered query={sent} what="deliveries">
          {({ deliveries }) => (deliveries.length === 0 ? <Empty title="No deliveries" /> : <List deliveries={deliveries} again={(delivery_id) => replay({ delivery_id })} />)}
        </Answered>
      </div>
    </Dialog>
  );
}

function List({ deliveries, again }: { deliveries: Delivery[]; again: (deliveryId: string) => void }) {
  return (
    <Table
      caption="Deliveries"
      rows={deliveries}
      id={({ delivery_id }) => delivery_id}
      columns={[
        { head: "Event", cell: ({ type, seq }) => `${type}${seq === null ? "" : `, ${seq}`}` },
        { head: "Status", cell: ({ status }) => <Badge tone={TONES[status]}>{status}</Badge> },
        { head: "Attempts", end: true, cell: ({ attempts }) => attempts },
        { head: "Response", cell: ({ response_status, duration_ms, note }) => [response_status, duration_ms === null ? null : `${duration_ms} ms`, note].filter((each) => each !== null).join(", ") },
        { head: "Last attempt", cell: ({ attempted_at, queued_at }) => <Time at={attempted_at ?? queued_at} /> },
        {
          head: "",
          end: true,
          cell: ({ delivery_id, status }) =>
            status !== "waiting" && (
              <Button small onClick={() => again(delivery_id)}>
                Resend
              </Button>
            ),
        },
      ]}
    />
  );
}
