import { type FormEvent, useState } from "react";

import { told, client } from "../api/client";
import { ApiError, messageOf } from "../api/errors";
import { reread, signIn, signOut } from "../api/session";
import { Button } from "../pieces/Button";
import { TextField } from "../pieces/Field";
import { useTitle } from "../pieces/Page";
import { toastFault } from "../pieces/Toast";
import "./sign-in.css";

export function SignIn({ because }: { because?: string | undefined }) {
  const submit = (form: FormData) => signIn(text(form, "email"), text(form, "password"));
  return (
    <Door title="Sign in" about={because} action="Sign in" submit={submit}>
      {() => (
        <>
          <TextField label="Email" name="email" type="email" autoComplete="username" required autoFocus />
          <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
        </>
      )}
    </Door>
  );
}

/** Who was invited has to choose a password of their own before anything else. */
export function FirstPassword() {
  const submit = async (form: FormData) => {
    const [old_password, new_password] = [text(form, "old"), text(form, "new")];
    await told(client.POST("/v1/auth/password", { body: { old_password, new_password } }));
    await reread();
  };
  return (
    <Door title="Choose your password" about="It replaces the one-time password that you were given." action="Set password" submit={submit} other={<SignOut />}>
      {(fault) => (
        <>
          <TextField label="One-time password" name="old" type="password" autoComplete="current-password" required autoFocus />
          <TextField
            label="New password"
            name="new"
            type="password"
            autoComplete="new-password"
            minLength={12}
            required
            hint="At least 12 characters."
            error={fault instanceof ApiError ? fault.about("new_password") : undefined}
          />
        </>
      )}
    </Door>
  );
}

function SignOut() {
  return (
    <Button quiet onClick={() => void signOut().catch(toastFault)}>
      Sign out
    </Button>
  );
}

function Door({ title, about, action, submit, other, children }: {
  title: string;
  about?: string | undefined;
  action: string;
  submit: (form: FormData) => Promise<void>;
  /** What else can be done here. */
  other?: React.ReactNode;
  children: (fault: unknown) => React.ReactNode;
}) {
  const [fault, setFault] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  useTitle(title);
  const go = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    submit(new FormData(event.currentTarget))
      .catch(setFault)
      .finally(() => setBusy(false));
  };
  return (
    <main className="door">
      <form className="door-form" onSubmit={go}>
        <span className="brand">
          <img src="/favicon.svg" alt="" />
          Weft
        </span>
        <div className="door-head">
          <h1>{title}</h1>
          {about !== undefined && <p className="soft">{about}</p>}
        </div>
        {children(fault)}
        {fault !== null && (
          <p className="notice notice-bad" role="alert">
            {messageOf(fault)}
          </p>
        )}
        <Button primary type="submit" busy={busy}>
          {action}
        </Button>
        {other}
      </form>
    </main>
  );
}

function text(form: FormData, name: string): string {
  return String(form.get(name) ?? "");
}
