"""Rebuilding what nobody asked to be rebuilt, and dropping what nobody has any more."""

import asyncio
from collections.abc import Mapping

import structlog

from contracts import subjects
from contracts.queries import EveryLibrary, EveryWorkspace
from services.kit.bus import Bus
from services.kit.reading import READ_TIMEOUT_S, ended
from services.search.loops.documents import DocumentLoop
from services.search.loops.embedding import Expecting, Kind
from services.search.loops.rebuild import Rebuilds
from services.search.store import Index, Indexes, avg_len_is_off
from services.search.store.lease import LASTS_S

logger = structlog.get_logger()


class Healing:
    """Rebuilds by itself what is missing (a lost folder), another model's, or set up for other lengths of text, and
    drops what is of no workspace any more. What a process that is gone had begun, it goes on with.

    Of several processes that share an index one does so at a time.
    """

    def __init__(
        self,
        bus: Bus,
        indexes: Indexes,
        rebuilds: Rebuilds,
        *,
        embedding: Expecting,
        documents: DocumentLoop,
        every_s: float,
    ):
        self._bus = bus
        self._indexes = indexes
        self._rebuilds = rebuilds
        self._embedding = embedding
        self._documents = documents
        self._every_s = every_s

    async def run(self) -> None:
        while True:
            async with self._rebuilds.exclusive.held() as ours:
                if ours:
                    await self._heal("memories", self._indexes.memories, EveryWorkspace())
                    await self._heal("chunks", self._indexes.chunks, EveryLibrary())
            await asyncio.sleep(self._every_s if ours else LASTS_S)

    async def _heal(self, kind: Kind, index: Index, asked: EveryWorkspace | EveryLibrary) -> None:
        for workspace_id in await ended(self._bus, await index.workspaces()):
            logger.info("dropping the index of a workspace that is gone", workspace_id=workspace_id)
            await index.drop(workspace_id)
        counts = (await self._bus.ask(subjects.query(asked), asked, READ_TIMEOUT_S))["body"]
        for workspace_id in await self._due(kind, index, counts):
            logger.info("rebuilding the index", workspace_id=workspace_id, of=asked.name)
            await (self._rebuilds.memories if kind == "memories" else self._rebuilds.chunks).rebuild(workspace_id)

    async def _due(self, kind: Kind, index: Index, counts: Mapping[str, int]) -> list[str]:
        """Workspaces whose index should be made anew; `counts` is what each of them should have."""
        indexed = set(await index.workspaces())
        due = [workspace_id for workspace_id, count in counts.items() if count and workspace_id not in indexed]
        for workspace_id in sorted(indexed & counts.keys()):
            profile, statistics = await index.profile(workspace_id), await index.statistics(workspace_id)
            lengths_are_off = profile is not None and avg_len_is_off(profile.avg_len, statistics)
            if lengths_are_off or await index.is_outdated(workspace_id):
                due.append(workspace_id)
            elif statistics.pending:
                self._embedding.expect(workspace_id, kind)
            if kind == "chunks" and await self._indexes.chunks.due(workspace_id, 1):
                self._documents.expect(workspace_id)
        return due
