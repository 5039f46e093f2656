"""A language model as the analyst of documents: asked about one slice after the other. What came of an answer is in the
tables before the next question is asked, and no slice is asked about again.
"""

import asyncio
from collections.abc import Sequence

from services.extraction.asking import (
    DOCUMENT_INSTRUCTIONS,
    DOCUMENT_PROMPT_VERSION,
    Statements,
    document_key,
    material_of,
    stated,
)
from services.extraction.documents.cutting import Piece
from services.extraction.documents.findings import Found
from services.extraction.loops.calling import Calling, tokens_of
from services.extraction.store import documents
from services.extraction.store.calls import Question
from services.extraction.store.documents import Job
from services.kit.postgres import Connection, Database

PIECES_MAX = 40
"""About a million characters. Beyond it a document would use up the day's calls of its workspace alone."""


class AskingDocuments:
    pieces_max = PIECES_MAX

    def __init__(self, database: Database, calling: Calling):
        self._database = database
        self._calling = calling

    async def analyse(self, job: Job, piece: Piece) -> Sequence[Found]:
        model, parts = self._calling.model, min(piece.parts, self.pieces_max)
        material = await asyncio.to_thread(material_of, piece)
        key = document_key(model, material)
        known = await self._database.read(job.workspace_id, lambda it: documents.kept(it, job, key))
        if known is not None:
            return known

        def believe(answer: Statements) -> tuple[Found, ...]:
            return stated(answer, piece)

        async def keep(connection: Connection, found: tuple[Found, ...]) -> None:
            await documents.keep(connection, job, key, found)

        tokens = tokens_of(DOCUMENT_INSTRUCTIONS, material)
        question = Question(key, model, DOCUMENT_PROMPT_VERSION, piece.part, parts, tokens)
        return await self._calling.answer(
            job, question, DOCUMENT_INSTRUCTIONS, material, Statements, believe=believe, keep=keep
        )
