import { Page } from "../../pieces/Page";
import { Empty } from "../../pieces/states";

export default function Memories() {
  return (
    <Page title="Memories">
      <Empty title="Not built yet" />
    </Page>
  );
}
