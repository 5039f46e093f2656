"""Qdrant Edge: Qdrant's own engine in this process, with a shard for each workspace."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from weakref import WeakValueDictionary

import structlog

from services.search.store.edge_folders import Folders, Live
from services.search.store.edge_optimise import optimise_in_child
from services.search.store.edge_pool import ShardPool
from services.search.store.edge_shard import EdgeShard
from services.search.store.engine import Collection, NotBuilt
from services.search.store.shapes import Profile

log = structlog.get_logger()

OPEN_MAX = 512  # small ones, 1 to 2 MB and a thread each; a grown one counts as several (EdgeShard.weight)
IDLE_CLOSE_S = 600.0
SWEEP_INTERVAL_S = 1.0
FLUSH_INTERVAL_S = 10.0  # a flush holds up this process until the disk has it; a kill loses nothing without it
OPTIMISE_AT = 100_000  # points; up to here an exact scan takes 8 ms
LAST_REPLAY_MAX = 500  # points copied while writers wait


class EdgeEngine:
    """Owns `root`: `start` fails with FolderInUse while another process does."""

    def __init__(
        self,
        root: Path,
        *,
        open_max: int = OPEN_MAX,
        idle_close_s: float = IDLE_CLOSE_S,
        optimise_at: int = OPTIMISE_AT,
        sweep_interval_s: float = SWEEP_INTERVAL_S,
        flush_interval_s: float = FLUSH_INTERVAL_S,
    ) -> None:
        self._folders = Folders(root)
        self._pool = ShardPool(open_max, idle_close_s, flush_interval_s)
        self._optimise_at = optimise_at
        self._sweep_interval_s = sweep_interval_s
        self._live: dict[str, Live] = {}
        self._targets: dict[str, Live] = {}
        self._pens: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._optimising: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        await asyncio.to_thread(self._folders.take)
        for workspace in self._folders.workspaces():
            if live := self._folders.live(workspace):
                self._live[workspace] = live
        self._background(self._look_after())

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pool.close()
        self._folders.release()

    async def workspaces(self) -> list[str]:
        return sorted(self._live)

    async def size(self, workspace: str) -> int | None:
        return await asyncio.to_thread(self._folders.size, workspace)

    def open_count(self) -> int:
        return self._pool.open_count()

    # ---- leases

    @asynccontextmanager
    async def reading(self, workspace: str) -> AsyncIterator[Collection | None]:
        live = self._live.get(workspace)
        if live is None:
            yield None
            return
        async with self._lease(workspace, live) as shard:
            yield shard

    @asynccontextmanager
    async def writing(self, workspace: str, target: str | None, first: Profile) -> AsyncIterator[list[Collection]]:
        async with self._pen(workspace), AsyncExitStack() as leases:
            named = self._written(workspace, target, first)
            shards = [await leases.enter_async_context(self._lease(workspace, live)) for live in named]
            yield list(shards)

    def _written(self, workspace: str, target: str | None, first: Profile) -> list[Live]:
        if target is not None:
            return [self._built(workspace, target)]
        building = self._targets.get(workspace)
        if workspace not in self._live:
            self._name_live(workspace, Live(self._folders.new(workspace, first.generation), first))
        return [self._live[workspace], *([building] if building else [])]

    def _built(self, workspace: str, target: str) -> Live:
        building = self._targets.get(workspace)
        if building is None or building.folder != target:
            raise NotBuilt(target)
        return building

    def _lease(self, workspace: str, live: Live) -> AbstractAsyncContextManager[EdgeShard]:
        return self._pool.lease(self._folders.path(workspace, live.folder), live.profile)

    def _pen(self, workspace: str) -> asyncio.Lock:
        """Whoever holds it is the only one who writes to the workspace."""
        return self._pens.setdefault(workspace, asyncio.Lock())

    # ---- rebuilding

    async def create(self, workspace: str, profile: Profile) -> str:
        async with self._pen(workspace):
            if earlier := self._targets.pop(workspace, None):
                self._background(self._retire(workspace, earlier))
            target = Live(self._folders.new(workspace, profile.generation), profile)
            self._targets[workspace] = target
        return target.folder

    async def switch(self, workspace: str, target: str) -> None:
        async with self._pen(workspace):
            built = self._built(workspace, target)
            async with self._lease(workspace, built) as shard:
                await shard.flush()
            del self._targets[workspace]
            self._replace(workspace, built)

    async def drop(self, workspace: str) -> None:
        async with self._pen(workspace):
            gone = [self._live.pop(workspace, None), self._targets.pop(workspace, None)]
            for live in gone:
                if live:
                    await self._pool.retire(self._folders.path(workspace, live.folder))
            await asyncio.to_thread(self._folders.delete_workspace, workspace)

    def _replace(self, workspace: str, live: Live) -> None:
        before = self._live.get(workspace)
        self._name_live(workspace, live)
        if before:
            self._background(self._retire(workspace, before))

    def _name_live(self, workspace: str, live: Live) -> None:
        self._folders.name_live(workspace, live)
        self._live[workspace] = live

    async def _retire(self, workspace: str, live: Live) -> None:
        await self._pool.retire(self._folders.path(workspace, live.folder))
        await asyncio.to_thread(self._folders.delete, workspace, live.folder)

    # ---- in the background

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_interval_s)
            await asyncio.wait([self._background(self._pool.sweep())])
            for workspace, live in self._live.items():
                size = self._pool.size(self._folders.path(workspace, live.folder))
                if size - live.optimised_at >= self._optimise_at and workspace not in self._optimising:
                    self._optimising.add(workspace)
                    self._background(self._optimise(workspace, live))

    async def _optimise(self, workspace: str, live: Live) -> None:
        """Optimises a copy in a child process, brings it up to date and puts it in place; serving goes on meanwhile.

        If that fails, the workspace stays as it is, exact and slower, until the next start.
        """
        copy = replace(live, folder=self._folders.new(workspace, live.profile.generation))
        unneeded = copy
        try:
            async with self._lease(workspace, live) as shard:
                copy = replace(copy, optimised_at=await self._copy(workspace, shard, copy))
                await optimise_in_child(self._folders.path(workspace, copy.folder))
                if await self._take_over(workspace, live, shard, copy):
                    unneeded = live
        finally:
            self._background(self._retire(workspace, unneeded))
        self._optimising.discard(workspace)

    async def _copy(self, workspace: str, shard: EdgeShard, copy: Live) -> int:
        """Returns how many points were copied; from here on the shard notes what is written to it."""
        async with self._pen(workspace):
            await shard.flush()
            shard.touched = set()
            await asyncio.to_thread(
                shutil.copytree, shard.path, self._folders.path(workspace, copy.folder), dirs_exist_ok=True
            )
            return shard.size

    async def _take_over(self, workspace: str, live: Live, shard: EdgeShard, copy: Live) -> bool:
        """False if a rebuild has replaced the collection in the meantime."""
        async with self._lease(workspace, copy) as optimised:
            while len(shard.touched or ()) > LAST_REPLAY_MAX:
                await shard.copy_touched(optimised)
            async with self._pen(workspace):
                await shard.copy_touched(optimised)
                await optimised.flush()
                shard.touched = None
                if self._live.get(workspace) != live:
                    return False
                self._name_live(workspace, copy)
        return True

    def _background(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """A fault in it is logged, and ends nothing else."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            log.error("index_work_failed", exc_info=fault)
