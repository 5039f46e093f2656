"""How soon the map of a large workspace is seen, and how smoothly it moves: `python -m tests.dashboard.measure_map`.

On a stack of its own, in Debian's Chromium without a graphics card. Takes some minutes: the memories have to be stored,
embedded and connected first.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
from playwright.sync_api import Page, sync_playwright

from tests.bench import texts
from tests.bench.graph import connected
from tests.dashboard.conftest import CHROMIUM, a_context, sign_in
from tests.stack import Stack, Workspace, wait_until

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


async def store(workspace: Workspace, count: int) -> None:
    drafts = (connected(texts.memory(at), at, count) for at in range(count))
    async with httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=60) as http:

        async def work() -> None:
            for draft in drafts:
                answer = await http.post("/api/v1/memories/store", json=draft)
                assert answer.status_code in (201, 202), answer.text

        await asyncio.gather(*(work() for _ in range(CLIENTS)))


def wait_connected(workspace: Workspace, count: int) -> None:
    """Until the graph has heard of all, and what it draws stays as it is."""
    last: Any = None

    def is_settled() -> bool:
        nonlocal last
        with httpx2.Client(base_url=workspace.url, headers=workspace.headers, timeout=60) as http:
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


def measure(stack: Stack, count: int) -> None:
    workspace = stack.new_workspace()
    account = stack.new_owner(workspace)
    print(f"storing {count:,} memories", flush=True)
    asyncio.run(store(workspace, count))
    print("waiting for the graph", flush=True)
    wait_connected(workspace, count)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = a_context(browser, viewport={"width": 1360, "height": 850}).new_page()
        page.goto(workspace.url)
        sign_in(page, account)
        seen = [look(page, workspace.url) for _ in range(PASSES)]
        moved = page.evaluate(_MOVE, [MOVED_FOR_MS])
        browser.close()
    answered, drawn = (median(each) for each in zip(*seen, strict=True))
    print(f"{count:,} memories: map answered after {answered:.0f} ms, drawn after {drawn:.0f} ms (median of {PASSES})")
    print(f"{count:,} memories: {moved:.1f} frames a second while it is moved")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.dashboard.measure_map", description=__doc__)
    parser.add_argument("--memories", type=int, default=10_000)
    count = parser.parse_args().memories
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack.start(Path(folder))
        try:
            measure(stack, count)
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
