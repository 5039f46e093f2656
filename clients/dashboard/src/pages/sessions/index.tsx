import { Page } from "../../pieces/Page";
import { Empty } from "../../pieces/states";

export default function Sessions() {
  return (
    <Page title="Sessions">
      <Empty title="Not built yet" />
    </Page>
  );
}
