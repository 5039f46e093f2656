"""A stack to be measured, and the levers that only its owner has: pausing a process, and the operator's requests."""

import asyncio
import json
import os
import random
import signal
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil

from contracts import subjects
from contracts.base import content_hash, internal_id
from contracts.queries import OfWorkspace
from contracts.replies import Embedding
from deploy.admin import rebuilding
from deploy.admin.bus import Operator, OperatorSettings, operator
from deploy.local import status
from deploy.local.processes import memory_bytes
from services.kit.embedding import Vectors
from services.kit.postgres import Database
from services.kit.sealing.keys import Keyring
from services.kit.sealing.masters import Masters
from tests.bench.http import Answer, Connection
from tests.bench.report import Row
from tests.stack import Stack, Workspace

MB = 2**20
POLL_S = 0.05
IDLE_S = 2.0
LIST_MAX = 500
PUBLISHED_AT_ONCE = 500
NOT_ANSWERED_S = 600.0
PROCESSES = ("gateway", "memory", "search", "graph", "nats", "postgres")
DISCOVERED_S = 1_800.0

STORE = "/api/v1/memories/store"
SEARCH = "/api/v1/memories/search"


class TooSlow(Exception):
    """What was waited for did not happen in ten minutes."""


class Rig:
    def __init__(self, stack: Stack, asked: Operator):
        self.stack = stack
        self._operator = asked

    @property
    def operator(self) -> Operator:
        return self._operator

    def new_workspace(self) -> Workspace:
        return self.stack.new_workspace()

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """That process stands still meanwhile (SIGSTOP), and goes on afterwards."""
        pid = self.stack.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def memory_row(self, when: str) -> Row:
        """Each process with its children; what they share counts once."""
        found = {name: round(memory_bytes(psutil.Process(self.stack.pid(name))) / MB) for name in PROCESSES}
        text = ", ".join(f"{name} {mb} MB" for name, mb in found.items())
        return Row("memory", f"memory of the processes, {when}", text, {f"{name}_mb": mb for name, mb in found.items()})

    def cpu_s(self) -> dict[str, float]:
        """Seconds of processor that each process has had so far, with its children; `bench` is this one."""
        found = {name: _cpu_s(psutil.Process(self.stack.pid(name))) for name in PROCESSES}
        return {**found, "bench": time.process_time()}

    def cpu_row(self, section: str, what: str, before: dict[str, float], requests: int) -> Row:
        """What each request cost since `before`. Unlike latencies it hardly depends on who else works here."""
        after = self.cpu_s()
        ms = {name: round((after[name] - before[name]) * 1_000 / max(1, requests), 2) for name in after}
        text = ", ".join(f"{name} {value:.2f}" for name, value in ms.items())
        figures = {f"{name}_cpu_ms": value for name, value in ms.items()}
        return Row(section, f"processor time for each {what}, ms", f"{text}; together {sum(ms.values()):.2f}", figures)

    async def wait_idle(self, name: str) -> None:
        """Until that process does next to nothing for two seconds. Raises TooSlow."""
        deadline = asyncio.get_running_loop().time() + NOT_ANSWERED_S
        while asyncio.get_running_loop().time() < deadline:
            before = self.cpu_s()[name]
            await asyncio.sleep(IDLE_S)
            if self.cpu_s()[name] - before < IDLE_S / 10:
                return
        raise TooSlow(name)

    async def wait_events_indexed(self, at_least: int) -> None:
        """Until there are so many events, and the search service has acknowledged all of them. Raises TooSlow."""
        jetstream = self._operator.bus.jetstream
        deadline = asyncio.get_running_loop().time() + NOT_ANSWERED_S
        while asyncio.get_running_loop().time() < deadline:
            published = (await jetstream.stream_info(subjects.EVENTS_STREAM)).state.messages
            reader = await jetstream.consumer_info(subjects.EVENTS_STREAM, "search")
            if published >= at_least and not reader.num_pending and not reader.num_ack_pending:
                return
            await asyncio.sleep(POLL_S)
        raise TooSlow("events")

    async def wait_embedded(self, count: int) -> None:
        """Until so many memories, of all workspaces, have their vectors on DERIVED. Raises TooSlow."""
        deadline = asyncio.get_running_loop().time() + NOT_ANSWERED_S
        while asyncio.get_running_loop().time() < deadline:
            if (await self._operator.bus.jetstream.stream_info(subjects.DERIVED_STREAM)).state.messages >= count:
                return
            await asyncio.sleep(POLL_S)
        raise TooSlow("embeddings")

    async def wait_discovered(self) -> None:
        """Until the graph service has heard all events and vectors, and no memory's edges are due. Raises TooSlow."""
        deadline = asyncio.get_running_loop().time() + DISCOVERED_S
        while await self._unheard() or await self._count("SELECT count(*) AS count FROM due"):
            if asyncio.get_running_loop().time() > deadline:
                raise TooSlow("edges")
            await asyncio.sleep(POLL_S)

    async def wait_analysed(self) -> None:
        """Until ranks and communities are those of the present edges, in all workspaces. Raises TooSlow."""
        deadline = asyncio.get_running_loop().time() + NOT_ANSWERED_S
        while await self._count("SELECT count(*) AS count FROM workspaces WHERE changed <> analysed"):
            if asyncio.get_running_loop().time() > deadline:
                raise TooSlow("ranks")
            await asyncio.sleep(POLL_S)

    async def edge_count(self, workspace: Workspace) -> int:
        """Edges that discovery found, by whichever method."""
        async with self.graph_tables() as database, database.transaction(workspace.workspace_id) as connection:
            found = await (await connection.execute("SELECT count(*) AS count FROM edges")).fetchone()
        assert found is not None
        return int(found["count"])

    async def _unheard(self) -> bool:
        jetstream = self._operator.bus.jetstream
        for stream in (subjects.EVENTS_STREAM, subjects.DERIVED_STREAM):
            reader = await jetstream.consumer_info(stream, "graph")
            if reader.num_pending or reader.num_ack_pending:
                return True
        return False

    async def _count(self, statement: str) -> int:
        """Of the graph's tables, over all workspaces."""
        async with self.graph_tables("weft_graph_loops") as database, database.transaction(None) as connection:
            found = await (await connection.execute(statement.encode())).fetchone()
        assert found is not None
        return int(found["count"])

    @asynccontextmanager
    async def graph_tables(self, role: str = "weft_graph") -> AsyncIterator[Database]:
        """As the graph service has them."""
        keyring = Keyring(Masters(self.stack.home.master_key.read_text))
        database = Database(self.stack.postgres_dsn(role), "graph,public", size_max=4, keyring=keyring)
        await database.open()
        try:
            yield database
        finally:
            await database.close()

    async def publish_vectors(self, workspace: Workspace, rows: Sequence[tuple[str, str, Vectors]], model: str) -> None:
        """Puts (memory_id, content_hash, vectors) on DERIVED, as the search service would have done it."""
        bus = self._operator.bus
        for start in range(0, len(rows), PUBLISHED_AT_ONCE):
            await asyncio.gather(
                *(
                    bus.publish(
                        subjects.embedding(workspace.workspace_id, memory_id),
                        embedding_message(workspace, memory_id, hashed, vectors, model),
                        timeout_s=60,
                    )
                    for memory_id, hashed, vectors in rows[start : start + PUBLISHED_AT_ONCE]
                )
            )

    async def differences(self, workspace: Workspace) -> tuple[int, list[str]]:
        """`weft-admin verify` without the graph, which is behind after a load: the number of memories in the log, and
        what differs from it in the read tables and the index.
        """
        copies = {"index": rebuilding.COPIES["index"]}
        _, memories, found = await rebuilding.verify(self._operator, workspace.workspace_id, copies)
        return memories, found

    async def read_model_differences(self, workspace: Workspace) -> tuple[int, list[str]]:
        """The same between the log and memory's own tables alone, while nobody else has heard of it yet."""
        asked = OfWorkspace(workspace_id=workspace.workspace_id)
        found = await self._operator.request("memory", "verify", asked, NOT_ANSWERED_S)
        return len(found["memories"]), found["differences"]

    async def parked(self) -> int:
        return status.parked_count(self.stack.endpoints) or 0


def _cpu_s(process: psutil.Process) -> float:
    """With its children, those that ended included."""
    own = process.cpu_times()
    alive = [child.cpu_times() for child in process.children(recursive=True)]
    return float(sum(own[:4]) + sum(each.user + each.system for each in alive))


def embedding_message(workspace: Workspace, memory_id: str, hashed: str, vectors: Vectors, model: str) -> bytes:
    kept = Embedding(
        workspace_id=workspace.workspace_id,
        memory_id=memory_id,
        content_hash=hashed,
        model=model,
        dimension=vectors.shape[1],
        status="ready",
        vectors=b64encode(vectors.astype("<f4").tobytes()).decode(),
    )
    return kept.model_dump_json().encode()


@asynccontextmanager
async def rig(progress: str) -> AsyncIterator[Rig]:
    """A fresh stack in a folder of its own; both are gone afterwards."""
    print(f"[{progress}] starting a stack", flush=True)
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder:
        stack = await asyncio.to_thread(Stack.start, Path(folder))
        try:
            settings = OperatorSettings(nats_url=stack.nats_url("admin"), key_pepper=stack.endpoints.secrets.key_pepper)
            async with operator(settings) as asked:
                yield Rig(stack, asked)
        finally:
            await asyncio.to_thread(stack.stop)


def memory_id_of(answer: Answer) -> str:
    """Out of a stored memory, without parsing the rest of it."""
    start = answer.body.index(b'"memory_id":"') + 13
    return answer.body[start : start + 20].decode()


async def listed(workspace: Workspace) -> list[dict[str, Any]]:
    """Every memory of the workspace, as a client gets them."""
    connection, found = Connection(workspace), list[dict[str, Any]]()
    while True:
        path = f"/api/v1/memories/?limit={LIST_MAX}&offset={len(found)}&ordering=created_at"
        page = json.loads((await connection.exchange(connection.get(path))).body)
        found += page
        if len(page) < LIST_MAX:
            connection.close()
            return found


async def search(connection: Connection, query: str, limit: int = 10) -> list[dict[str, Any]]:
    body = json.dumps({"query": query, "limit": limit}).encode()
    answer = await connection.exchange(connection.post(SEARCH, body))
    if answer.status != 200:
        raise RuntimeError(f"search answered {answer.status}: {answer.body[:200]!r}")
    results: list[dict[str, Any]] = json.loads(answer.body)["results"]
    return results


async def wait_all_embedded(workspace: Workspace) -> None:
    """Until every memory says so. Raises TooSlow."""
    deadline = asyncio.get_running_loop().time() + NOT_ANSWERED_S
    while any(memory["embedding_status"] == "pending" for memory in await listed(workspace)):
        if asyncio.get_running_loop().time() > deadline:
            raise TooSlow("embeddings")
        await asyncio.sleep(4 * POLL_S)


async def wait_vectors_indexed(workspace: Workspace, titles: dict[str, str], samples: int = 20) -> None:
    """Until the index has the vectors of `titles` (by memory_id), judged by the last in its order and some others.

    Raises TooSlow. Vectors go in by the order of the memories' internal ids.
    """
    last = max(titles, key=lambda memory_id: internal_id(workspace.workspace_id, memory_id).int)
    waiting = [last, *random.sample(sorted(titles), min(samples, len(titles)))]
    connection = Connection(workspace)
    deadline = asyncio.get_running_loop().time() + NOT_ANSWERED_S
    while waiting:
        found = {each["id"]: each for each in await search(connection, titles[waiting[0]])}
        if waiting[0] in found and found[waiting[0]]["semantic_score"] > 0:
            waiting.pop(0)
            continue
        if asyncio.get_running_loop().time() > deadline:
            raise TooSlow("vectors")
        await asyncio.sleep(4 * POLL_S)
    connection.close()


def hashed(memory: dict[str, Any]) -> str:
    return content_hash(memory["title"], memory["narrative"])
