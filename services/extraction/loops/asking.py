"""A language model as the extractor: asked about one window of a session after the other. What came of an answer is in
the tables before the next question is asked, and no window is asked about again.
"""

import asyncio

from services.extraction.asking import (
    INSTRUCTIONS,
    PROMPT_VERSION,
    Proposals,
    Window,
    believed,
    extractor,
    joined,
    key_of,
    windows_of,
)
from services.extraction.distil import Session
from services.extraction.loops.calling import Calling, tokens_of
from services.extraction.merging import Learnt
from services.extraction.store import calls
from services.extraction.store.calls import Question
from services.extraction.store.jobs import Job
from services.kit.postgres import Connection, Database


class Asking:
    def __init__(self, database: Database, calling: Calling):
        self._database = database
        self._calling = calling

    async def learn(self, job: Job, session: Session) -> list[Learnt]:
        parts = await asyncio.to_thread(windows_of, session)
        told = list[Learnt]()
        for number, window in enumerate(parts, 1):
            model = self._calling.model
            key = key_of(model, window)
            known = await self._kept(job, key)
            if known is None:
                tokens = tokens_of(INSTRUCTIONS, window.material)
                question = Question(key, model, PROMPT_VERSION, number, len(parts), tokens)
                known = await self._ask(job, session, window, question)
            told += known
        return await asyncio.to_thread(joined, told)

    async def _kept(self, job: Job, key: str) -> list[Learnt] | None:
        return await self._database.read(job.workspace_id, lambda it: calls.kept(it, job, key))

    async def _ask(self, job: Job, session: Session, window: Window, question: Question) -> list[Learnt]:
        def believe(answer: Proposals) -> list[Learnt]:
            return believed(answer, window, session, extractor(question.model))

        async def keep(connection: Connection, learnt: list[Learnt]) -> None:
            await calls.keep(connection, job, question.key, learnt)

        return await self._calling.answer(
            job, question, INSTRUCTIONS, window.material, Proposals, believe=believe, keep=keep
        )
