import { useState } from "react";

import { client } from "../../api/client";
import { useSignedIn } from "../../api/session";
import { Button } from "../../pieces/Button";
import { TextField } from "../../pieces/Field";
import { FormDialog } from "../../pieces/FormDialog";
import { Panel } from "../../pieces/Page";
import { toast } from "../../pieces/Toast";

export function AccountTab() {
  const { person } = useSignedIn();
  const [changing, change] = useState(false);
  const submit = async (form: FormData) => {
    const body = { old_password: String(form.get("old")), new_password: String(form.get("new")) };
    await client.POST("/v1/auth/password", { body });
    toast("Your password was changed. You are signed out everywhere else.");
  };
  return (
    <Panel title={person.email} className="account">
      <dl className="facts">
        <dt>Role</dt>
        <dd>{person.role}</dd>
        <dt>Account</dt>
        <dd className="mono">{person.account_id}</dd>
        <dt>Organisation</dt>
        <dd className="mono">{person.organisation_id}</dd>
      </dl>
      <Button className="account-change" onClick={() => change(true)}>
        Change password…
      </Button>
      {changing && (
        <FormDialog title="Change your password" action="Change password" onSubmit={submit} onClose={() => change(false)}>
          {(about) => (
            <>
              <TextField label="Current password" name="old" type="password" autoComplete="current-password" required error={about("old_password")} />
              <TextField label="New password" name="new" type="password" autoComplete="new-password" minLength={12} required hint="At least 12 characters." error={about("new_password")} />
            </>
          )}
        </FormDialog>
      )}
    </Panel>
  );
}
