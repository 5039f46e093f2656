"""How fast the dashboard is (`python -m tests.dashboard.measure`): first views, scrolling through 10,000 memories."""

from statistics import median
from typing import Any

from playwright.sync_api import Page, expect

from tests.dashboard import seeds
from tests.dashboard.opened import NDJSON, a_client, a_page, opened

MEMORIES = 10_000
VIEWS = 5
IDLE = """async () => {
  const frames = [];
  for (let last = performance.now(); frames.length < 100;) {
    const now = await new Promise(requestAnimationFrame).then(() => performance.now());
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""
SCROLL = """async () => {
  const list = document.querySelector(".virtual");
  const frames = [];
  let last = performance.now();
  for (let empty = 0; empty < 60;) {
    const before = list.scrollTop;
    list.scrollTop += 1_000;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
    empty = list.scrollTop === before ? empty + 1 : 0;
    if (empty) await new Promise((done) => setTimeout(done, 50));
    if (empty) last = performance.now();
  }
  return { frames, rows: document.querySelectorAll(".virtual li").length, height: list.scrollHeight };
}"""


def main() -> None:
    with opened() as (browser, workspace, account):
        with a_client(workspace) as api:
            imported = api.post("/api/v1/import", content=seeds.many(MEMORIES), headers=NDJSON).json()
        assert imported["imported"] == MEMORIES, imported
        page = a_page(browser, workspace, account, 1440, 900, "light")
        for path in ("/", "/memories"):
            views = [first_view(page, workspace.url + path) for _ in range(VIEWS)]
            print(f"first view of {path}: {median(views):.0f} ms (median of {VIEWS}, from a reload to its content)")
        idle = sorted(page.evaluate(IDLE))
        print(f"a frame with nothing to do: median {median(idle):.0f} ms, 95 % within {at(idle, 0.95):.0f} ms")
        scrolled = page.evaluate(SCROLL)
        frames = sorted(scrolled["frames"])
        print(
            f"scrolled through {scrolled['height']} px of {MEMORIES} memories: {len(frames)} frames, "
            f"median {median(frames):.0f} ms, 95 % within {at(frames, 0.95):.0f} ms, "
            f"longest {frames[-1]:.0f} ms; {scrolled['rows']} rows in the document"
        )


def first_view(page: Page, url: str) -> float:
    """Milliseconds from the navigation until the page shows what it is about, the login taken up anew."""
    page.goto(url)
    expect(page.locator(".figures, .memory-row").first).to_be_visible()
    shown: Any = page.evaluate("performance.now()")
    return float(shown)


def at(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)]


if __name__ == "__main__":
    main()
