"""How soon the map of a large workspace is seen, and how smoothly it moves: `python -m tests.dashboard.measure_map`.

On a stack of its own, in Debian's Chromium without a graphics card. Takes some minutes: the memories have to be stored,
embedded and connected first.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from playwright.sync_api import Page

from tests.bench import texts
from tests.bench.graph import connected
from tests.dashboard.opened import a_client, a_page, opened
from tests.stack import Workspace

CLIENTS = 16
PASSES = 5
MOVED_FOR_MS = 3_000
SETTLED_S, LOOK_EVERY_S = 20.0, 2.0
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
    """Until the graph has heard of all, and what it draws has stayed as it is for a while: who embeds and connects
    memories meanwhile takes the processor from who draws them.
    """
    last, since = None, time.monotonic()
    while last is None or last[0] < count or time.monotonic() - since < SETTLED_S:
        time.sleep(LOOK_EVERY_S)
        with a_client(workspace) as http:
            drawn = http.get(MAP).json()
        now = (len(drawn["nodes"]["title"]), drawn["edges"]) if "nodes" in drawn else None
        if now != last:
            last, since = now, time.monotonic()


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
