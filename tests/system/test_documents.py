"""kill -9 of memory or extraction while documents come in: none is lost, none is there twice, and all copies agree."""

import asyncio

import httpx2
import pytest

from tests.stack import Stack, Workspace, eventually
from tests.system.agreement import agreement
from tests.system.load import REQUEST_TIMEOUT_S, RETRY_PAUSE_S

DOCUMENTS = 6
PARAGRAPHS = 400


def text(number: int) -> str:
    """Of about 60 chunks."""
    parts = (f"## Step {number}.{each}\n\nWe decided that step {each} of {number} is done by hand, since it is rare.\n"
             for each in range(PARAGRAPHS))  # fmt: skip
    return f"# Guide {number}\n\n" + "\n".join(parts)


async def taken_in(http: httpx2.AsyncClient, number: int) -> str:
    """The document, sent under one key until it is taken in."""
    sent = {"content": text(number), "source_id": f"guide-{number}"}
    headers = {"Idempotency-Key": f"guide-{number}"}
    while True:
        try:
            answer = await http.post("/v1/documents/ingest", json=sent, headers=headers)
        except httpx2.TransportError:
            await asyncio.sleep(RETRY_PAUSE_S)
            continue
        if answer.status_code == 202 and "status" not in answer.json():
            return str(answer.json()["document_id"])
        assert answer.status_code in (202, 409, 503), answer.text
        await asyncio.sleep(RETRY_PAUSE_S)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["memory", "extraction"])
async def test_documents_come_in_whole_and_once_though_a_process_dies(
    stack: Stack, workspace: Workspace, name: str
) -> None:
    async with httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=REQUEST_TIMEOUT_S) as http:

        async def statuses() -> list[str]:
            try:
                answer = await http.get("/v1/documents")
            except httpx2.TransportError:
                return []
            return [it["status"] for it in answer.json()["documents"]] if answer.is_success else []

        async def begun() -> bool:
            return bool(await statuses())

        async def are_ready() -> bool:
            return await statuses() == ["ready"] * DOCUMENTS

        coming = [asyncio.create_task(taken_in(http, number)) for number in range(DOCUMENTS)]
        await eventually(begun, "the first document")
        killed = stack.kill(name)
        ids = await asyncio.gather(*coming)
        await asyncio.to_thread(stack.wait_restarted, name, killed)
        await eventually(are_ready, "all documents to be ready")
        assert len(set(ids)) == DOCUMENTS
        for number, document_id in enumerate(ids):
            found = (await http.get(f"/v1/documents/{document_id}")).json()
            assert (found["version"], found["revision"]) == (1, 1)
            page = await http.get(f"/v1/documents/{document_id}/chunks", params={"limit": 500})
            chunks = page.json()["chunks"]
            assert [it["index"] for it in chunks] == list(range(found["chunk_count"]))
            assert all(text(number)[it["start"] : it["end"]] == it["text"] for it in chunks)
            assert sum(it["text"].count("## Step") for it in chunks) == PARAGRAPHS
            facts = await http.get("/v1/facts", params={"document_id": document_id, "limit": 500})
            of_them = [it["fact_id"] for it in facts.json()["facts"]]
            assert len(of_them) == len(set(of_them)) > 0
    await agreement(stack, workspace.workspace_id)
