import { Page } from "../../pieces/Page";
import { Empty } from "../../pieces/states";

export default function Settings() {
  return (
    <Page title="Settings">
      <Empty title="Not built yet" />
    </Page>
  );
}
