"""How soon the map of a large workspace is seen, and how smoothly it moves: `python -m tests.dashboard.measure_map`.

On a stack of its own, in Debian's Chromium without a graphics card. Takes some minutes: the memories have to be stored,
embedded and connected first.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

from playwright.sync_api import Page

from tests.bench import texts
from tests.bench.graph import connected
from tests.dashboard.opened import a_client, a_page, opened
from tests.stack import Workspace, wait_until

CLIENTS = 16
PASSES = 5
MOVED_FOR_MS = 3_000
MAP = "/api/v1/memories/map"

_MOVE = """async ([forMs]) => {
  const stage = document.querySelector(".graph-stage");
  stage.focus();
  let frames = 0;
  const begun = performance.now();
  while (performance.now() - begun < forMs) {
    const key = ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"][Math.floor(frames / 10) % 4];
    stage.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
    await new Promise(requestAnimationFrame);
    frames += 1;
  }
  return 1000 * frames / (performance.now() - begun);
}"""
_ANSWERED = f"performance.getEntriesByType('resource').find(({{name}}) => name.includes('{MAP}')).responseEnd"


def store(workspace: Workspace, count: int) -> None:
    """In threads: an event loop would not run beside Playwright's."""
    with a_client(workspace) as http, ThreadPoolExecutor(CLIENTS) as threads:

        def one(at: int) -> None:
            answer = http.post("/api/v1/memories/store", json=connected(texts.memory(at), at, count))
            assert answer.status_code in (201, 202), answer.text

        list(threads.map(one, range(count)))


def wait_connected(workspace: Workspace, count: int) -> None:
    """Until the graph has heard of all, and what it draws stays as it is."""
    last: Any = None

    def is_settled() -> bool:
        nonlocal last
        with a_client(workspace) as http:
            drawn = http.get(MAP).json()
        before, last = last, (len(drawn["nodes"]["title"]), len(drawn["edges"]["source"])) if "nodes" in drawn else None
        return last is not None and last[0] == count and last == before

    while True:
        try:
            return wait_until(is_settled, "the graph")
        except AssertionError:
            print("  the graph is not done yet", flush=True)


def look(page: Page, url: str) -> tuple[float, float]:
    """Milliseconds from the beginning of the page's load to the map's answer, and to the first frame."""
    page.goto(f"{url}/graph")
    stage = page.locator(".graph-stage[data-drawn]")
    stage.wait_for()
    return float(page.evaluate(_ANSWERED)), float(stage.get_attribute("data-drawn") or "nan")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.dashboard.measure_map", description=__doc__)
    parser.add_argument("--memories", type=int, default=10_000)
    count = parser.parse_args().memories
    with opened() as (browser, workspace, account):
        print(f"storing {count:,} memories", flush=True)
        store(workspace, count)
        print("waiting for the graph", flush=True)
        wait_connected(workspace, count)
        page = a_page(browser, workspace, account, 1440, 900, "light")
        seen = [look(page, workspace.url) for _ in range(PASSES)]
        moved = page.evaluate(_MOVE, [MOVED_FOR_MS])
    answered, drawn = (median(each) for each in zip(*seen, strict=True))
    print(f"{count:,} memories: map answered after {answered:.0f} ms, drawn after {drawn:.0f} ms (median of {PASSES})")
    print(f"{count:,} memories: {moved:.1f} frames a second while it is moved")


if __name__ == "__main__":
    main()
