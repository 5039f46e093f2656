import { Page } from "../../pieces/Page";
import { Empty } from "../../pieces/states";

export default function Graph() {
  return (
    <Page title="Graph">
      <Empty title="Not built yet" />
    </Page>
  );
}
