import { Component, type ReactNode } from "react";

import { Button } from "../pieces/Button";
import { Empty } from "../pieces/states";

/** Where the dashboard itself failed: says so, instead of a white page. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Empty title="The dashboard failed" action={<Button onClick={() => location.reload()}>Load it again</Button>}>
        Nothing is lost. The browser’s console has the cause.
      </Empty>
    );
  }
}
