import type { ComponentType } from "react";
import { useParams } from "react-router";

import { useSignedIn } from "../../api/session";
import { Page } from "../../pieces/Page";
import { Empty } from "../../pieces/states";
import { TabLinks } from "../../pieces/Tabs";
import { AccountTab } from "./AccountTab";
import { AuditTab } from "./AuditTab";
import { ConnectTab } from "./ConnectTab";
import { KeysTab } from "./KeysTab";
import { MembersTab } from "./MembersTab";
import { NamespacesTab } from "./NamespacesTab";
import { TransferTab } from "./TransferTab";
import { WebhooksTab } from "./WebhooksTab";
import { WorkspaceTab } from "./WorkspaceTab";
import "./settings.css";

interface Setting {
  id: string;
  text: string;
  tab: ComponentType;
  /** Members have nothing to see there. */
  owners?: true;
  /** It is about no workspace. */
  always?: true;
}

const SETTINGS: Setting[] = [
  { id: "connect", text: "Connect your agent", tab: ConnectTab },
  { id: "workspace", text: "Workspaces", tab: WorkspaceTab, always: true },
  { id: "namespaces", text: "Namespaces", tab: NamespacesTab },
  { id: "keys", text: "API keys", tab: KeysTab },
  { id: "webhooks", text: "Webhooks", tab: WebhooksTab, owners: true },
  { id: "members", text: "Members", tab: MembersTab, always: true },
  { id: "transfer", text: "Export and import", tab: TransferTab },
  { id: "audit", text: "Audit", tab: AuditTab, owners: true },
  { id: "account", text: "Your account", tab: AccountTab, always: true },
];

export default function Settings() {
  const { tab } = useParams();
  const { person, workspace } = useSignedIn();
  const allowed = SETTINGS.filter(({ owners, always }) => (!owners || person.role === "owner") && (always || workspace !== null));
  const current = tab === undefined ? allowed[0] : allowed.find(({ id }) => id === tab);
  return (
    <Page title="Settings" part={current?.text}>
      <TabLinks label="Settings" tabs={allowed.map(({ id, text }) => ({ to: `/settings/${id}`, text, current: id === current?.id }))} />
      {current === undefined ? <Empty title="There is no such setting">Or only owners may see it.</Empty> : <current.tab />}
    </Page>
  );
}
