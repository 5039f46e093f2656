"""The graph on the whole stack: soon there, analysed seldom, made anew the same, and none the worse for a kill -9."""

import asyncio
import json
import random
from typing import Any

import httpx2
import psycopg
import pytest

from deploy.admin import rebuilding
from deploy.admin.bus import OperatorSettings, operator
from services.graph.store import ranks
from tests.services import sealed
from tests.stack import Stack, Workspace, eventually
from tests.system.agreement import agreement

TOPICS = ("pooling", "retries", "billing", "search", "deploys")


def client(workspace: Workspace) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=20)


async def store(http: httpx2.AsyncClient, **memory: Any) -> str:
    answer = await http.post("/api/v1/memories/store", json=memory)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["memory_id"])


async def relationships(http: httpx2.AsyncClient, memory_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await http.get("/api/v1/relationships", params={"memory_id": memory_id})).json()
    return found


def is_settled(stack: Stack, workspace_id: str, memories: int) -> bool:
    """Whether the graph has them all with their vectors, nothing is due, the ranks are those of the edges, and memory
    has heard the scores.
    """
    with psycopg.connect(stack.postgres_dsn("postgres"), autocommit=True) as connection:
        found = connection.execute(
            "SELECT w.memory_count, w.changed = w.analysed,"
            " (SELECT count(*) FROM graph.due d WHERE d.workspace_id = w.workspace_id),"
            " (SELECT count(*) FROM graph.vectors v WHERE v.workspace_id = w.workspace_id),"
            " (SELECT count(*) FROM graph.ranks r JOIN graph.memories m USING (node)"
            "  LEFT JOIN memory.derived d ON d.workspace_id = m.workspace_id AND d.memory_id = m.memory_id"
            "  WHERE m.workspace_id = w.workspace_id"
            "  AND d.pagerank_score IS DISTINCT FROM r.pagerank)"
            " FROM graph.workspaces w WHERE w.workspace_id = %s",
            (workspace_id,),
        ).fetchone()
    return found == (memories, True, 0, memories, 0)


async def labels(stack: Stack, workspace: Workspace) -> dict[str, str | None]:
    """Of each memory, as the graph has them."""
    database = sealed(stack, "weft_graph", "graph,public")
    await database.open()
    members = (await ranks.load(database, workspace.workspace_id)).members
    await database.close()
    return {it.memory_id: it.label for it in members}


async def labels_heard(workspace: Workspace) -> dict[str, str | None]:
    """The same, as memory shows them."""
    found: dict[str, str | None] = {}
    async with client(workspace) as http:
        while page := (await http.get("/api/v1/memories/", params={"limit": 500, "offset": len(found)})).json():
            found |= {it["memory_id"]: it["community_label"] for it in page}
    return found


async def settled(stack: Stack, workspace: Workspace, memories: int) -> None:
    async def holds() -> bool:
        scored = await asyncio.to_thread(is_settled, stack, workspace.workspace_id, memories)
        return scored and await labels(stack, workspace) == await labels_heard(workspace)

    await eventually(holds, f"a graph of {memories} memories, at rest")
    await agreement(stack, workspace.workspace_id)  # of the index, too: what is explored begins with a search


def analyses(stack: Stack, workspace: Workspace) -> list[dict[str, Any]]:
    lines = (stack.home.logs / "graph.log").read_text().splitlines()
    said = [json.loads(line) for line in lines if line.startswith("{")]
    return [it for it in said if it["event"] == "analysed" and it["workspace_id"] == workspace.workspace_id]


async def a_project(http: httpx2.AsyncClient, count: int) -> list[str]:
    """Memories of some topics, that share files, concepts and tags, name and resemble one another."""
    chance = random.Random(7)
    titles: list[str] = []
    ids = []
    for number in range(count):
        topic = TOPICS[number % len(TOPICS)]
        named = f" As {chance.choice(titles)} says." if titles and chance.random() < 0.3 else ""
        titles.append(f"What we learned about {topic}, lesson {number}")
        memory = {
            "title": titles[-1],
            "narrative": f"When {topic} went wrong the {number % 4}th time, we looked at {topic} again.{named}",
            "tags": chance.sample(["a", "b", "c", "d", "e", "f", "g"], 2),
            "concepts": [topic],
            "source_files": [f"src/{topic}/{chance.randint(0, 4)}.py"],
            "memory_type": chance.choice(["decision", "pattern", "incident"]),
        }
        ids.append(await store(http, **memory))
    return ids


async def picture(http: httpx2.AsyncClient, ids: list[str]) -> tuple[Any, ...]:
    """All that a user can see of the graph."""
    drawing = (await http.get("/api/v1/memories/graph", params={"max_nodes": 5000})).json()
    edges = [await relationships(http, memory_id) for memory_id in ids]
    details = [(await http.get(f"/api/v1/memories/{memory_id}")).json() for memory_id in ids]
    explored = (await http.post("/api/v1/memories/explore", json={"query": "retries", "max_nodes": 20})).json()
    return drawing, edges, [(it["pagerank_score"], it["community_label"]) for it in details], explored


@pytest.mark.slow
async def test_edges_are_there_soon(stack: Stack, workspace: Workspace) -> None:
    async with client(workspace) as http:
        first = await store(http, title="Pool every connection", narrative="One each exhausted the server.")
        text = "As Pool every connection says, the server has few of them."
        second = await store(http, title="Few connections", narrative=text)

        async def joined() -> bool:
            return any(edge["target_memory_id"] == first for edge in await relationships(http, second))

        await eventually(joined, "an edge")


@pytest.mark.slow
async def test_a_rebuilt_graph_is_the_same(stack: Stack, workspace: Workspace) -> None:
    """Twice: over what is there, and after all of it was lost."""
    async with client(workspace) as http:
        ids = await a_project(http, 40)
        for memory_id in ids[5:8]:
            assert (await http.delete(f"/api/v1/memories/{memory_id}")).status_code == 204
        changes = {"tags": ["z", "a"], "narrative": "Told anew: retries of billing."}
        for memory_id in ids[10:13]:
            assert (await http.patch(f"/api/v1/memories/{memory_id}", json=changes)).status_code == 200
        said = {"source_memory_id": ids[0], "target_memory_id": ids[39], "relationship_type": "caused_by"}
        assert (await http.post("/api/v1/relationships", json=said)).status_code == 201
        alive = ids[:5] + ids[8:]
        await settled(stack, workspace, len(alive))
        live = await picture(http, alive)
        assert len(live[0]["edges"]) > 40
        assert len({label for _, label in live[2] if label}) > 1

        settings = OperatorSettings(nats_url=stack.nats_url("admin"), key_pepper="unused")
        async with operator(settings) as asked:
            for lost in (False, True):
                if lost:
                    with psycopg.connect(stack.postgres_dsn("postgres"), autocommit=True) as connection:
                        for table in ("memories", "workspaces", "holders", "deleted"):
                            forget = f"DELETE FROM graph.{table} WHERE workspace_id = %s"
                            connection.execute(forget.encode(), (workspace.workspace_id,))
                assert await rebuilding.rebuild(asked, "graph", workspace.workspace_id) == len(alive)
                await settled(stack, workspace, len(alive))
                for before, after in zip(live, await picture(http, alive), strict=True):
                    assert after == before, f"lost: {lost}"
            _, _, differences = await rebuilding.verify(asked, workspace.workspace_id)
            assert differences == []


@pytest.mark.slow
async def test_a_burst_of_stores_is_analysed_once_or_twice(stack: Stack, workspace: Workspace) -> None:
    count = 1_000
    async with client(workspace) as http:
        limit = asyncio.Semaphore(32)

        async def one(number: int) -> None:
            async with limit:
                await store(http, title=f"Lesson {number}", narrative=f"About {TOPICS[number % 5]}, no {number}.")

        await asyncio.gather(*(one(number) for number in range(count)))
    await settled(stack, workspace, count)
    assert 1 <= len(analyses(stack, workspace)) <= 2


@pytest.mark.slow
async def test_a_graph_killed_at_work_goes_on_where_it_was(stack: Stack, workspace: Workspace) -> None:
    async with client(workspace) as http:
        ids = await a_project(http, 30)
        killed = stack.kill("graph")
        ids += await a_project(http, 10)
        answer = await http.get(f"/api/v1/memories/{ids[0]}")
        assert answer.status_code == 200
        stack.wait_restarted("graph", killed)
        await settled(stack, workspace, len(ids))
        live = await picture(http, ids)
        settings = OperatorSettings(nats_url=stack.nats_url("admin"), key_pepper="unused")
        async with operator(settings) as asked:
            await rebuilding.rebuild(asked, "graph", workspace.workspace_id)
        await settled(stack, workspace, len(ids))
        assert await picture(http, ids) == live


@pytest.mark.slow
async def test_without_the_graph_a_memory_is_answered_and_says_what_is_missing(
    stack: Stack, workspace: Workspace
) -> None:
    async with client(workspace) as http:
        memory_id = await store(http, title="Alone", narrative="Nobody knows its edges.")
        killed = stack.kill("graph")
        await asyncio.to_thread(stack.wait_gone, "graph", killed)
        answer = (await http.get(f"/api/v1/memories/{memory_id}")).json()
        assert answer["title"] == "Alone"
        assert answer["outgoing_relationships"] == answer["incoming_relationships"] == []
        stack.wait_restarted("graph", killed)

        async def answers_again() -> bool:
            return not (await http.get(f"/api/v1/memories/{memory_id}")).json()["warnings"]

        await eventually(answers_again, "the graph's answers")
