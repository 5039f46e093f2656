import { Page } from "../../pieces/Page";
import { Empty } from "../../pieces/states";

export default function Documents() {
  return (
    <Page title="Documents">
      <Empty title="Not built yet" />
    </Page>
  );
}
