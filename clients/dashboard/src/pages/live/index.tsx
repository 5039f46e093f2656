import { Page } from "../../pieces/Page";
import { Empty } from "../../pieces/states";

export default function Live() {
  return (
    <Page title="Live">
      <Empty title="Not built yet" />
    </Page>
  );
}
