"""Answers that are longer than a message of the bus may be."""

import httpx2

from tests.stack import Workspace

LONG = "A long story about one migration. " * 1_900
COUNT = 100


async def test_a_page_of_long_memories_is_one_answer(workspace: Workspace) -> None:
    async with httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=30) as http:
        for number in range(COUNT):
            body = {"title": f"Story {number}", "narrative": LONG}
            assert (await http.post("/api/v1/memories/store", json=body)).status_code == 201
        listed = await http.get("/api/v1/memories/", params={"limit": 500})
        assert listed.status_code == 200
        assert len(listed.content) > 4_000_000
        assert len(listed.json()) == COUNT
        assert all(memory["narrative"] == LONG for memory in listed.json())
        found = await http.post("/api/v1/memories/search", json={"query": "", "limit": 200})
        assert found.status_code == 200
