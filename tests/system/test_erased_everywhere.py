"""What is deleted is in no file of Postgres, NATS or Qdrant afterwards, and the rest can still be made anew."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.admin.test_operating import admin
from tests.stack import Stack, Workspace, eventually, files_with
from tests.system.agreement import agreement

MEMORIES = "/api/v1/memories"


async def kept_and_told(http: httpx2.AsyncClient, text: str) -> tuple[str, str, str]:
    """Two memories and a document, and `text` everywhere where something can be said of the first and the last; their
    ids.
    """

    async def sent(method: str, path: str, body: dict[str, Any]) -> Any:
        headers = {"Idempotency-Key": f"{text}-{uuid4()}"}
        answer = await http.request(method, path, json=body, headers=headers)
        assert answer.status_code in (200, 201, 202, 204), answer.text
        return answer.json() if answer.content else None

    said = {name: [text] for name in ("tags", "concepts", "source_files")}
    first = await sent("POST", f"{MEMORIES}/store", {"title": f"On {text}", "narrative": f"Of {text}.", **said})
    other = await sent("POST", f"{MEMORIES}/store", {"title": "Of herons", "narrative": "They stand still."})
    one, two = first["memory_id"], other["memory_id"]
    await sent("PATCH", f"{MEMORIES}/{one}", {"narrative": f"Again of {text}."})
    related = {"source_memory_id": one, "target_memory_id": two, "relationship_type": "depends_on", "context": text}
    await sent("POST", "/api/v1/relationships", related)
    await sent("POST", f"{MEMORIES}/search", {"query": text, "tags": [text]})
    named = {"title": text, "source_id": text, "metadata": {text: text}}
    content = f"# On {text}\n\nWe decided to keep {text} in PostgreSQL."
    document_id = (await sent("POST", "/v1/documents/ingest", {"content": content, **named}))["document_id"]

    async def ready() -> bool:
        return bool((await http.get(f"/v1/documents/{document_id}")).json()["status"] == "ready")

    await eventually(ready, "the document")
    await sent("POST", "/v1/query", {"query": text})
    return one, two, document_id


async def observed(http: httpx2.AsyncClient, text: str) -> None:
    """A session that says it, and is learnt from."""
    lesson = f"We decided to store {text} amounts as integer cents because floats round wrongly."
    started = await http.post("/api/v1/sessions/start", json={"project_path": f"/home/{text}", "metadata": {text: 1}})
    session = f"/api/v1/sessions/{started.json()['session_id']}"
    seen = {"observations": [{"kind": "message", "content": lesson, "files": [text]}]}
    assert (await http.post(f"{session}/observations", json=seen)).status_code == 202
    ended = await http.post(f"{session}/end", json={"summary": lesson})
    job = f"/api/v1/jobs/{ended.json()['extraction_job_id']}"

    async def done() -> bool:
        return bool((await http.get(job)).json()["status"] in ("completed", "empty"))

    await eventually(done, "what is learnt from the session")


def left(stack: Stack, *folders: Path, text: str) -> list[str]:
    with psycopg.connect(stack.postgres_dsn("postgres"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    return [file for folder in folders for file in files_with(folder, text.encode())]


@pytest.mark.slow
async def test_what_is_deleted_is_in_no_file(stack: Stack, workspace: Workspace) -> None:
    home, text, seen = stack.home, f"sentinel{uuid4().hex}", f"canary{uuid4().hex}"
    readable = (home.postgres_data, home.search_data, home.logs)
    async with httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=20) as http:
        one, two, document_id = await kept_and_told(http, text)
        await observed(http, seen)
        await agreement(stack, workspace.workspace_id)
        assert await asyncio.to_thread(left, stack, *readable, text=text) == []
        assert await asyncio.to_thread(left, stack, *readable, text=seen) == []
        assert await asyncio.to_thread(left, stack, home.nats_data, text=text), (
            "it can be read there until it is erased"
        )
        for path in (f"{MEMORIES}/{one}", f"/v1/documents/{document_id}"):
            assert (await http.delete(path)).status_code == 204
        found: list[str] = []

        async def gone() -> bool:
            found[:] = await asyncio.to_thread(left, stack, *readable, home.nats_data, text=text)
            return not found

        try:
            await eventually(gone, "the erasure from all files")
        finally:
            assert found == [], "where it still is"
        for service in ("memory", "search", "graph"):
            done = await asyncio.to_thread(admin, stack, "rebuild", service, "--workspace", workspace.workspace_id)
            assert done.returncode == 0, done.stdout + done.stderr
        await agreement(stack, workspace.workspace_id)
        assert (await http.get(f"{MEMORIES}/{two}")).json()["title"] == "Of herons"
        assert (await http.get(f"{MEMORIES}/{one}")).status_code == 404
        assert await gone()
