"""Of several search processes one at a time looks after the index, and goes on with what another has left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from services.kit.bus import Bus
from services.search.loops.documents import DocumentLoop
from services.search.loops.embedding import Kind
from services.search.loops.healing import Healing
from services.search.loops.rebuild import ChunkRebuild, Rebuild, Rebuilds
from services.search.projections.memories import Projection
from services.search.store import Indexes, Model
from services.search.store.edge import EdgeEngine
from services.search.store.lease import Alone, Lease
from tests import examples
from tests.search.marking import MARKS
from tests.search.test_store_edge import entry
from tests.services import Talk
from tests.stack import Servers, eventually


@asynccontextmanager
async def a_process(servers: Servers) -> AsyncIterator[Bus]:
    bus = Bus(servers.nats_url("search"), "search")
    await bus.connect()
    try:
        yield bus
    finally:
        await bus.stop()


async def test_one_process_holds_a_lease_until_it_gives_it_back(servers: Servers) -> None:
    what = uuid4().hex
    async with a_process(servers) as one, a_process(servers) as other:
        first, second = Lease(one, what, lasts_s=6), Lease(other, what, lasts_s=6)
        async with first.held() as ours, first.held() as ours_again:
            assert (ours, ours_again) == (True, True)
            taken = first._sequence

            async def is_renewed() -> bool:
                return first._sequence > taken

            await eventually(is_renewed, "the lease to be renewed")
            async with second.held() as theirs:
                assert not theirs
        async with second.held() as theirs:
            assert theirs


async def test_the_lease_of_a_process_that_died_ends_by_itself(servers: Servers) -> None:
    what = uuid4().hex
    async with a_process(servers) as other:
        lease = Lease(other, what, lasts_s=1)
        async with a_process(servers) as one:
            await Lease(one, what, lasts_s=1)._take()
        # its bus is closed: nothing is renewed, nothing given back

        async def ours() -> bool:
            async with lease.held() as held:
                return held

        await eventually(ours, "the end of the lease")


class Expected:
    def __init__(self) -> None:
        self.what: list[tuple[str, Kind]] = []

    def expect(self, workspace_id: str, kind: Kind) -> None:
        self.what.append((workspace_id, kind))


@pytest.mark.slow
async def test_what_waits_for_vectors_is_gone_on_with_by_whoever_looks_after_the_index(
    memory: Talk, memory_service: Servers, tmp_path: Path
) -> None:
    """Its events were heard by a process that is gone."""
    model, expected = Model("tiny", 4), Expected()
    await memory.order(examples.store(memory.workspace_id))
    async with a_process(memory_service) as bus:
        indexes = Indexes.over(EdgeEngine(tmp_path), model, MARKS)
        await indexes.memories.start()
        await indexes.memories.upsert(memory.workspace_id, [entry("waiting", vectors=None)])
        rebuilds = Rebuilds(
            Rebuild(bus, indexes.memories, Projection(bus, indexes.memories), model, expected),
            ChunkRebuild(bus, indexes.chunks, model, expected),
            Alone(),
        )
        documents = DocumentLoop(bus, indexes.chunks, expected)
        healing = Healing(bus, indexes, rebuilds, embedding=expected, documents=documents, every_s=60)
        looking = asyncio.create_task(healing.run())

        async def is_expected() -> bool:
            return (memory.workspace_id, "memories") in expected.what

        await eventually(is_expected, "the workspace to be looked at")
        looking.cancel()
        await asyncio.wait([looking])
        await indexes.memories.close()
