"""The built-in analyst of documents at work."""

import asyncio
from collections.abc import Sequence

from services.extraction.documents.cutting import Piece
from services.extraction.documents.entities import mentions_of
from services.extraction.documents.facts import facts_of
from services.extraction.documents.findings import Found
from services.extraction.store.documents import Job


class Analysing:
    """In a thread: the bus must not take this process for dead."""

    pieces_max = None

    async def analyse(self, _: Job, piece: Piece) -> Sequence[Found]:
        return await asyncio.to_thread(_found, piece)


def _found(piece: Piece) -> list[Found]:
    return [Found(index, facts_of(text), mentions_of(text)) for index, text in piece.texts]
