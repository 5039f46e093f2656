import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, client, type Shape, told } from "../../api/client";
import { reread, useSignedIn } from "../../api/session";
import { Button } from "../../pieces/Button";
import { Confirm, Dialog } from "../../pieces/Dialog";
import { Select, TextField } from "../../pieces/Field";
import { FormDialog, textOf } from "../../pieces/FormDialog";
import { Badge, Time } from "../../pieces/small";
import { Answered } from "../../pieces/states";
import { Table } from "../../pieces/Table";
import { toastFault } from "../../pieces/Toast";
import { Intro } from "./Intro";
import { OnceShown } from "./OnceShown";

type Member = Shape<"Member">;
type Role = Member["role"];
type Doing = { what: "invite" } | { what: "remove" | "reset"; member: Member } | { what: "show"; invited: Shape<"Invited"> };

export function MembersTab() {
  const members = api.useQuery("get", "/v1/auth/members");
  const { person } = useSignedIn();
  const isOwner = person.role === "owner";
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: ["get", "/v1/auth/members"] });
  const [doing, setDoing] = useState<Doing | null>(null);
  const changeRole = async ({ account_id }: Member, role: Role) => {
    await client.PATCH("/v1/auth/members/{account_id}", { params: { path: { account_id } }, body: { role } });
    await Promise.all([again(), reread()]);
  };
  return (
    <div className="stack">
      <Intro
        action={
          isOwner && (
            <Button primary onClick={() => setDoing({ what: "invite" })}>
              Invite a member
            </Button>
          )
        }
      >
        Members read and write all workspaces. Owners also manage keys, namespaces, workspaces and members.
      </Intro>
      <Answered query={members} what="members">
        {(data) => (
          <Table
            caption="Members"
            rows={data.members}
            id={({ account_id }) => account_id}
            columns={[
              {
                head: "Email",
                cell: ({ email, account_id, must_change_password }) => (
                  <>
                    {email} {account_id === person.account_id && <Badge tone="good">you</Badge>} {must_change_password && <Badge tone="warn">invited</Badge>}
                  </>
                ),
              },
              {
                head: "Role",
                cell: (member) =>
                  isOwner ? (
                    <select className="input role" aria-label={`Role of ${member.email}`} value={member.role} onChange={(event) => void changeRole(member, event.target.value as Role).catch(toastFault)}>
                      <option value="owner">owner</option>
                      <option value="member">member</option>
                    </select>
                  ) : (
                    member.role
                  ),
              },
              { head: "Since", cell: ({ created_at }) => <Time at={created_at} /> },
              {
                head: "",
                end: true,
                cell: (member) =>
                  isOwner &&
                  member.account_id !== person.account_id && (
                    <span className="actions">
                      <Button small onClick={() => setDoing({ what: "reset", member })}>
                        Reset password…
                      </Button>
                      <Button small danger onClick={() => setDoing({ what: "remove", member })}>
                        Remove…
                      </Button>
                    </span>
                  ),
              },
            ]}
          />
        )}
      </Answered>
      {doing !== null && <Done doing={doing} again={again} show={(invited) => setDoing({ what: "show", invited })} onClose={() => setDoing(null)} />}
    </div>
  );
}

function Done({ doing, again, show, onClose }: {
  doing: Doing;
  again: () => Promise<void>;
  show: (invited: Shape<"Invited">) => void;
  onClose: () => void;
}) {
  if (doing.what === "show") {
    return (
      <Dialog title={`One-time password of ${doing.invited.email}`} onClose={onClose}>
        <OnceShown secret={doing.invited.one_time_password} what="password" />
        <p className="soft">Hand it over yourself. It is valid for a week, and only for setting a new one.</p>
      </Dialog>
    );
  }
  if (doing.what === "invite") {
    const invite = async (form: FormData) => {
      const body = { email: textOf(form, "email"), role: textOf(form, "role") as Role };
      const invited = await told(client.POST("/v1/auth/members", { body }));
      await again();
      return invited;
    };
    return (
      <FormDialog title="Invite a member" action="Invite" onSubmit={invite} onClose={onClose} onDone={show}>
        {(about) => (
          <>
            <TextField label="Email" name="email" type="email" required error={about("email")} />
            <Select label="Role" name="role" defaultValue="member">
              <option value="member">member</option>
              <option value="owner">owner</option>
            </Select>
          </>
        )}
      </FormDialog>
    );
  }
  const params = { path: { account_id: doing.member.account_id } };
  if (doing.what === "reset") {
    const reset = () => told(client.POST("/v1/auth/members/{account_id}/reset-password", { params }));
    return (
      <Confirm title={`Reset the password of ${doing.member.email}?`} action="Reset password" onConfirm={reset} onClose={onClose} onDone={show}>
        The present one stops working at once, and they are signed out everywhere.
      </Confirm>
    );
  }
  const remove = async () => {
    await client.DELETE("/v1/auth/members/{account_id}", { params });
    await again();
  };
  return (
    <Confirm title={`Remove ${doing.member.email}?`} action="Remove" onConfirm={remove} onClose={onClose}>
      They are signed out at once. Keys that they created belong to the workspace, and stay.
    </Confirm>
  );
}
