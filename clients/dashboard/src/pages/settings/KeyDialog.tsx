import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, client, type Shape, told } from "../../api/client";
import { useSignedIn } from "../../api/session";
import { Select, TextField } from "../../pieces/Field";
import { FormDialog, textOf } from "../../pieces/FormDialog";
import { Answered } from "../../pieces/states";

type ApiKey = Shape<"ApiKey">;
type Namespace = Shape<"Namespace">;
type Grant = "" | "read" | "write";

const DAY_MS = 86_400_000;

/** Makes a key (null), or changes what one may do. `onMade` is given a new key's secret. */
export function KeyDialog({ apiKey, onMade, onClose }: { apiKey: ApiKey | null; onMade: (secret: string) => void; onClose: () => void }) {
  const { workspace } = useSignedIn();
  const namespaces = api.useQuery("get", "/v1/namespaces");
  const queries = useQueryClient();
  const active = (namespaces.data?.namespaces ?? []).filter(({ status }) => status === "active");
  const first = apiKey?.default_namespace_id ?? workspace?.default_namespace_id ?? "";
  const [standard, setStandard] = useState(first);
  const submit = async (form: FormData) => {
    const scopes = active.flatMap(({ id }) => {
      const grant = id === standard ? "write" : (textOf(form, id) as Grant);
      return grant === "" ? [] : [{ namespace_id: id, permissions: permissions(grant) }];
    });
    const granted = { default_namespace_id: standard, scopes };
    const secret = apiKey === null ? await make(form, workspace?.workspace_id ?? "", granted) : null;
    if (apiKey !== null) await client.PATCH("/v1/auth/api-keys/{key_id}/scopes", { params: { path: { key_id: apiKey.key_id } }, body: granted });
    await queries.invalidateQueries({ queryKey: ["get", "/v1/auth/api-keys"] });
    return secret;
  };
  return (
    <FormDialog title={apiKey === null ? "New key" : `Grants of ${apiKey.name}`} action={apiKey === null ? "Create key" : "Save"} ready={namespaces.data !== undefined} onSubmit={submit} onClose={onClose} onDone={(secret) => (secret === null ? onClose() : onMade(secret))}>
      {(about) => (
        <>
          {apiKey === null && (
            <>
              <TextField label="Name" name="name" required maxLength={500} error={about("name")} hint="Who or what uses it." />
              <Select label="Expires" name="days" defaultValue="">
                <option value="">never</option>
                <option value="30">in 30 days</option>
                <option value="90">in 90 days</option>
                <option value="365">in a year</option>
              </Select>
            </>
          )}
          <Answered query={namespaces} what="namespaces">
            {() => (
              <>
                <Select label="Default namespace" value={standard} onChange={(event) => setStandard(event.target.value)} hint="Read and write. Requests that name no namespace go there.">
                  {active.map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
                </Select>
                <Others of={active.filter(({ id }) => id !== standard)} apiKey={apiKey} />
              </>
            )}
          </Answered>
        </>
      )}
    </FormDialog>
  );
}

function Others({ of, apiKey }: { of: Namespace[]; apiKey: ApiKey | null }) {
  const grantOf = (id: string): Grant => {
    const scope = apiKey?.scopes.find(({ namespace_id }) => namespace_id === id);
    if (scope === undefined) return "";
    return scope.permissions.includes("write") ? "write" : "read";
  };
  return of.map(({ id, name }) => (
    <Select key={id} label={`Access to ${name}`} name={id} defaultValue={grantOf(id)}>
      <option value="">none</option>
      <option value="read">read</option>
      <option value="write">read and write</option>
    </Select>
  ));
}

type Permission = "read" | "write";
type Granted = { default_namespace_id: string; scopes: { namespace_id: string; permissions: Permission[] }[] };

function permissions(grant: Permission): Permission[] {
  return grant === "write" ? ["read", "write"] : ["read"];
}

async function make(form: FormData, tenant_id: string, granted: Granted): Promise<string> {
  const days = Number(textOf(form, "days"));
  const expires = days > 0 ? { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() } : {};
  const body = { tenant_id, name: textOf(form, "name"), ...granted, ...expires };
  return (await told(client.POST("/v1/auth/api-keys", { body }))).api_key;
}
