"""The index is disposable: without its folder search rebuilds it by itself, and asks no model again."""

import shutil

import httpx2
import pytest

from contracts import subjects
from deploy.admin import rebuilding
from deploy.admin.bus import OperatorSettings, operator
from services.kit.errors import Unavailable
from tests.stack import Stack, Workspace, eventually

STORED = 20


@pytest.mark.slow
async def test_a_lost_index_comes_back_by_itself(stack: Stack, workspace: Workspace) -> None:
    settings = OperatorSettings(nats_url=stack.nats_url("admin"), key_pepper="unused")
    async with (
        httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=10) as http,
        operator(settings) as asked,
    ):

        async def store(number: int) -> str:
            body = {"title": f"Lesson {number}", "narrative": f"What the {number}th outage taught us about pools."}
            return str((await http.post("/api/v1/memories/store", json=body)).json()["memory_id"])

        ids = [await store(number) for number in range(STORED)]
        written = {"title": "Pools", "content": "A pool of ten connections was too small."}
        document_id = (await http.post("/v1/documents/ingest", json=written)).json()["document_id"]

        async def all_embedded() -> bool:
            listed = (await http.get("/api/v1/memories/", params={"limit": 100})).json()
            return all(it["embedding_status"] == "ready" for it in listed)

        async def kept_vectors() -> list[int | None]:
            """Where each memory's vectors lie on the stream; a second model call would have moved them."""
            mine = [subjects.embedding(workspace.workspace_id, memory_id) for memory_id in ids]
            mine.append(subjects.chunk_embeddings(workspace.workspace_id, document_id, 0))
            return [(await asked.bus.jetstream.get_last_msg(subjects.DERIVED_STREAM, it)).seq for it in mine]

        async def chunks_by_meaning() -> list[str]:
            asked = {"query": "how large must a pool be?", "filters": {"kinds": ["chunk"]}}
            answer = await http.post("/v1/query", json=asked)
            found = answer.json()["results"] if answer.status_code == 200 else []
            return [it["text"] for it in found if it["semantic_score"] > 0]

        async def chunk_is_found() -> bool:
            return await chunks_by_meaning() == [written["content"]]

        await eventually(all_embedded, "the embeddings")
        await eventually(chunk_is_found, "the embedding of the chunk")
        made = await kept_vectors()

        with stack.nothing_restarted():
            killed = stack.kill("search")
            for name in ("", "-chunks"):  # those of other tests would take long
                shutil.rmtree(stack.home.search_data / f"{workspace.workspace_id}{name}")
        stack.wait_restarted("search", killed)

        async def healed() -> bool:
            try:
                _, _, differences = await rebuilding.verify(asked, workspace.workspace_id)
            except Unavailable:
                return False
            return not differences

        await eventually(healed, "the index")
        answer = await http.post("/api/v1/memories/search", json={"query": "outage of the pools", "limit": STORED})
        found = answer.json()["results"]
        assert {hit["id"] for hit in found} == set(ids)
        assert all(hit["semantic_score"] > 0 for hit in found)
        assert await chunks_by_meaning() == [written["content"]]
        assert await kept_vectors() == made
