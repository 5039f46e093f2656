"""Rebuilding what nobody asked to be rebuilt, and dropping what nobody has any more."""

import asyncio
from collections.abc import Mapping

import structlog

from contracts import subjects
from contracts.queries import EveryLibrary, EveryWorkspace
from services.kit.bus import Bus
from services.kit.reading import READ_TIMEOUT_S, ended
from services.search.loops.rebuild import ChunkRebuild, Rebuild
from services.search.store import Index, Indexes, avg_len_is_off

logger = structlog.get_logger()


class Healing:
    """Rebuilds by itself what is missing (a lost folder), another model's, or set up for other lengths of text, and
    drops what is of no workspace any more."""

    def __init__(self, bus: Bus, indexes: Indexes, rebuild: Rebuild, chunk_rebuild: ChunkRebuild, every_s: float):
        self._bus = bus
        self._kinds = (
            (indexes.memories, EveryWorkspace(), rebuild),
            (indexes.chunks, EveryLibrary(), chunk_rebuild),
        )
        self._every_s = every_s

    async def run(self) -> None:
        while True:
            for index, asked, rebuild in self._kinds:
                for workspace_id in await ended(self._bus, await index.workspaces()):
                    logger.info("dropping the index of a workspace that is gone", workspace_id=workspace_id)
                    await index.drop(workspace_id)
                counts = (await self._bus.ask(subjects.query(asked), asked, READ_TIMEOUT_S))["body"]
                for workspace_id in await _due(index, counts):
                    logger.info("rebuilding the index", workspace_id=workspace_id, of=asked.name)
                    await rebuild.rebuild(workspace_id)
            await asyncio.sleep(self._every_s)


async def _due(index: Index, counts: Mapping[str, int]) -> list[str]:
    """Workspaces whose index should be made anew; `counts` is what each of them should have."""
    indexed = set(await index.workspaces())
    due = [workspace_id for workspace_id, count in counts.items() if count and workspace_id not in indexed]
    for workspace_id in sorted(indexed & counts.keys()):
        if await index.is_outdated(workspace_id) or await _lengths_are_off(index, workspace_id):
            due.append(workspace_id)
    return due


async def _lengths_are_off(index: Index, workspace_id: str) -> bool:
    profile = await index.profile(workspace_id)
    statistics = await index.statistics(workspace_id)
    return profile is not None and avg_len_is_off(profile.avg_len, statistics)
