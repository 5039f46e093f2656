"""`make screenshots`: every page of the dashboard, light and dark, into docs/images/."""

from pathlib import Path
from typing import Any

import httpx2
from PIL import Image
from playwright.sync_api import Page, expect

from deploy.local.home import CHECKOUT
from tests.dashboard import seeds
from tests.dashboard.opened import NDJSON, a_client, a_page, opened
from tests.stack import wait_until

INTO = CHECKOUT / "docs" / "images"
SIZE = (1440, 900)
COLOURS = 256
SEARCH = "?q=customers+were+charged+twice"

OBSERVED = [
    ("message", "The checkout of order 4711 fails with CurrencyMismatch since this morning.", []),
    ("command", "$ pytest tests/test_checkout.py -q\n1 failed, 41 passed", []),
    ("file_read", "class Amount: ...", ["app/money.py"]),
    ("message", "Root cause: the voucher is kept in EUR, and the cart of a Swiss customer is in CHF.", []),
    ("file_edit", "- total = cart - voucher\n+ total = cart - rates.convert(voucher, cart.currency)", ["app/cart.py"]),
    (
        "message",
        "We decided to convert a voucher when it is put into the cart, because the rate must not move later.",
        [],
    ),
    ("command", "$ pytest tests/test_checkout.py -q\n42 passed", []),
]
HANDBOOK = """# Handbook of payments

We decided to keep amounts as integers because floats lose cents.

## On call

The settlement job runs at 14:00 and is watched by Prometheus. Ask Ada before you restart it.

## Chargebacks

A chargeback is answered within seven days. Evidence is in the ledger.
"""


def main() -> None:
    INTO.mkdir(parents=True, exist_ok=True)
    with opened() as (browser, workspace, account):
        with a_client(workspace) as api:
            paths = fill(api)
        for theme in ("light", "dark"):
            page = a_page(browser, workspace, account, *SIZE, theme)
            for name, path in paths.items():
                page.goto(workspace.url + path)
                take(page, f"{name}-{theme}")
            page.context.close()
    print(f"{len(paths)} pages, light and dark, in {INTO}")


def fill(api: httpx2.Client) -> dict[str, str]:
    """Content for each page; the pages' names and paths."""
    done(api.post("/api/v1/import", content=seeds.lines(), headers=NDJSON))
    relate(api, 2, 14, "caused_by", "The retry went past the port that keeps the key.")
    relate(api, 10, 0, "depends_on", "Parsing must know how many decimals a currency has.")
    session_id = a_session(api)
    document = {"content": HANDBOOK, "title": "Handbook of payments", "content_type": "markdown"}
    document_id = done(api.post("/v1/documents/ingest", json=document))["document_id"]
    wait_until(lambda: done(api.get(f"/v1/documents/{document_id}"))["status"] == "ready", "the document to be ready")
    found = {"memory_id": seeds.id_of(2)}
    wait_until(lambda: done(api.get("/api/v1/relationships", params=found)) != [], "relationships to be discovered")
    tabs = ("connect", "workspace", "namespaces", "keys", "webhooks", "members", "transfer", "audit", "account")
    return {
        "overview": "/",
        "memories": f"/memories/{seeds.id_of(2)}{SEARCH}",
        "graph": "/graph",
        "sessions": "/sessions",
        "session": f"/sessions/{session_id}",
        "documents": "/documents",
        "document": f"/documents/{document_id}",
        "live": "/live",
        **{f"settings-{tab}": f"/settings/{tab}" for tab in tabs},
    }


def a_session(api: httpx2.Client) -> str:
    started = done(api.post("/api/v1/sessions/start", json={"project_path": "/src/shop", "branch_name": "vouchers"}))
    here = f"/api/v1/sessions/{started['session_id']}"
    observed = [{"kind": kind, "content": content, "files": files} for kind, content, files in OBSERVED]
    done(api.post(f"{here}/observations", json={"observations": observed}))
    ended = done(api.post(f"{here}/end", json={"summary": "Vouchers are converted when they are put into the cart."}))
    job = f"/api/v1/jobs/{ended['extraction_job_id']}"
    wait_until(lambda: done(api.get(job))["status"] in ("completed", "empty", "failed"), "the session's job to end")
    return str(started["session_id"])


def relate(api: httpx2.Client, source: int, target: int, kind: str, why: str) -> None:
    ends = {"source_memory_id": seeds.id_of(source), "target_memory_id": seeds.id_of(target)}
    done(api.post("/api/v1/relationships", json={**ends, "relationship_type": kind, "context": why}))


def done(answer: httpx2.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def take(page: Page, name: str) -> None:
    """The window as it is once nothing loads any more."""
    if name.startswith("live"):
        page.get_by_role("button", name="Replay", exact=True).click()
        expect(page.get_by_role("region", name="Events, the newest first")).to_be_visible()
    expect(page.locator(".loading")).to_have_count(0)
    page.wait_for_timeout(1_500)  # what is drawn, and not in the document: charts and the graph
    file = INTO / f"{name}.png"
    page.screenshot(path=file)
    make_small(file)


def make_small(file: Path) -> None:
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main()
