"""The built-in extractor at work."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from services.extraction.distil import Distilled, Nearness, Session
from services.extraction.merging import Learnt, learnt_from
from services.extraction.store.jobs import Job

Distiller: TypeAlias = Callable[[Session, Nearness | None], list[Distilled]]


class Distilling:
    """Seconds of work, in a thread: the bus must not take this process for dead."""

    def __init__(self, distil: Distiller, nearness: Nearness | None):
        self._distil = distil
        self._nearness = nearness

    async def learn(self, _: Job, session: Session) -> list[Learnt]:
        return await asyncio.to_thread(self._learn, session)

    def _learn(self, session: Session) -> list[Learnt]:
        return [learnt_from(it, session) for it in self._distil(session, self._nearness)]
