import { Page } from "../../pieces/Page";
import { Empty } from "../../pieces/states";

export default function Overview() {
  return (
    <Page title="Overview">
      <Empty title="Not built yet" />
    </Page>
  );
}
