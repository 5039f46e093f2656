"""Bringing documents into the index and out of it, in fair turns: a turn is a few chunks of one document."""

from typing import Any

from services.kit.bus import Bus
from services.kit.process import Wakeable
from services.search.loops.embedding import LOOK_AGAIN_S, Expecting
from services.search.projections.documents import chunk_ids_of, entry_of_chunk, read_chunks, read_document
from services.search.store import ChunkIndex, DueDocument, derived
from services.search.turns import Turns

CHUNKS_A_TURN = 64
"""They are in the index in some 30 ms."""


class DocumentLoop:
    """Which documents are due is kept in the index; how far one has come is not: done again, it changes nothing."""

    def __init__(self, bus: Bus, index: ChunkIndex, embedding: Expecting):
        self._bus = bus
        self._index = index
        self._embedding = embedding
        self._turns = Turns[str]()
        self._news = Wakeable()
        self._come_to: dict[tuple[str, str], tuple[DueDocument, int, int]] = {}
        """By workspace and document: what was due, of which version, and the index of the next chunk."""

    def expect(self, workspace_id: str) -> None:
        """There may be documents due in this workspace."""
        self._turns.expect(workspace_id)
        self._news.wake()

    async def run(self) -> None:
        for workspace_id in await self._index.workspaces():
            self._turns.expect(workspace_id)
        while True:
            while self._turns:
                workspace_id = self._turns.next()
                if await self.bring_some(workspace_id):
                    self._turns.go_on(workspace_id)
            await self._news.pause(LOOK_AGAIN_S)

    async def bring_some(self, workspace_id: str) -> bool:
        """False if nothing is due. What is there now goes in first, then goes what is there no longer."""
        due = next(iter(await self._index.due(workspace_id, 1)), None)
        if due is None:
            return False
        document = await read_document(self._bus, workspace_id, due.document_id)
        version = None if document is None else document["ready_version"]
        if document is not None and version is not None and await self._put_some(workspace_id, due, document):
            return True
        if await self._index.drop_chunks(workspace_id, due.document_id, version):
            return True
        await derived.erase_parts(self._bus, workspace_id, due.document_id, version)
        await self._index.done(workspace_id, due, there=version is not None)
        self._come_to.pop((workspace_id, due.document_id), None)
        self._embedding.expect(workspace_id, "chunks")  # it stops at chunks of what is gone
        return True

    async def _put_some(self, workspace_id: str, due: DueDocument, document: dict[str, Any]) -> bool:
        """False once all are in."""
        place, version = (workspace_id, due.document_id), document["ready_version"]
        *what, first = self._come_to.get(place, (due, version, 0))
        if what != [due, version]:
            first = 0
        if first >= document["chunk_count"]:
            return False
        ids = chunk_ids_of(workspace_id, document, first, CHUNKS_A_TURN)
        found = await read_chunks(self._bus, workspace_id, ids)
        await self._index.put(workspace_id, [entry_of_chunk(workspace_id, it) for it in found])
        self._come_to[place] = (due, version, first + CHUNKS_A_TURN)
        self._embedding.expect(workspace_id, "chunks")
        return True
