"""A language model as the extractor: asked about one window of a session after the other. What came of an answer is in
the tables before the next question is asked, and no window is asked about again.
"""

import asyncio
import math

import structlog
from prometheus_client import Gauge

from services.extraction.asking import (
    INSTRUCTIONS,
    PROMPT_VERSION,
    Budget,
    Prices,
    Proposals,
    Window,
    believed,
    extractor,
    joined,
    key_of,
    windows_of,
)
from services.extraction.distil import Session
from services.extraction.loops.storing import Failed, Waiting
from services.extraction.merging import Learnt
from services.extraction.store import calls
from services.extraction.store.calls import Outcome, Question
from services.extraction.store.jobs import Job
from services.kit.llm import Llm, LlmFault, LlmMisconfigured, LlmRefused, Usage
from services.kit.postgres import Connection, Database

logger = structlog.get_logger()

TRIES_MAX = 3
"""How often one question may be answered in no shape that can be read."""
PAUSE_MIN_S = 1.0
PAUSE_MAX_S = 3_600.0
DAY_SLACK_S = 1.0
"""By so much after midnight it is surely another day."""
CHARS_PER_TOKEN = 4
NOTHING = Usage(0, 0)

WAITING = Gauge("weft_extraction_model_waits", "1 while the model does not answer, and sessions wait for it")


class Asking:
    """`pause_s` is how long a job rests after its first fault; each further one doubles it. `llm` tries nothing twice
    by itself: each try is a call on record.
    """

    def __init__(self, database: Database, llm: Llm, budget: Budget, prices: Prices, *, pause_s: float):
        self._database = database
        self._llm = llm
        self._budget = budget
        self._prices = prices
        self._pause_s = pause_s
        self._quiet_until = 0.0  # in the event loop's time: the endpoint wants to be left alone by everybody

    async def learn(self, job: Job, session: Session) -> list[Learnt]:
        parts = await asyncio.to_thread(windows_of, session)
        told = list[Learnt]()
        for number, window in enumerate(parts, 1):
            key = key_of(self._llm.name, window)
            known = await self._kept(job, key)
            if known is None:
                tokens = math.ceil((len(INSTRUCTIONS) + len(window.material)) / CHARS_PER_TOKEN)
                question = Question(key, self._llm.name, PROMPT_VERSION, number, len(parts), tokens)
                known = await self._ask(job, session, window, question)
            told += known
        return await asyncio.to_thread(joined, told)

    async def _kept(self, job: Job, key: str) -> list[Learnt] | None:
        return await self._database.read(job.workspace_id, lambda it: calls.kept(it, job, key))

    async def _ask(self, job: Job, session: Session, window: Window, question: Question) -> list[Learnt]:
        """Until the answer is in the shape, or TRIES_MAX were not. Raises Failed, Waiting."""
        while True:
            call_id = await self._begin(job, question)
            try:
                answer = await self._llm.answer(INSTRUCTIONS, window.material, Proposals)
            except LlmFault as fault:
                outcome, usage = _outcome(fault, question)
                async with self._database.transaction(job.workspace_id) as connection:
                    await self._end(connection, job, call_id, outcome, usage)
                raise self._waiting(job, fault) from None
            except LlmRefused as refused:
                WAITING.set(0)
                async with self._database.transaction(job.workspace_id) as connection:
                    await self._end(connection, job, call_id, refused.kind, refused.usage or _least(refused, question))
                logger.warning("the model refuses", job_id=job.job_id, part=question.part, why=str(refused))
                if refused.kind != "unshaped":
                    raise Failed(f"llm_{refused.kind}") from None
                continue
            WAITING.set(0)
            learnt = await asyncio.to_thread(believed, answer.value, window, session, extractor(self._llm.name))
            async with self._database.transaction(job.workspace_id) as connection:
                await calls.keep(connection, job, question.key, learnt)
                await self._end(connection, job, call_id, "answered", answer.usage)
            return learnt

    async def _begin(self, job: Job, question: Question) -> int:
        """The call's number, once it is on record. Raises Waiting where there may be none now, Failed where there have
        been enough.
        """
        quiet_s = self._quiet_until - asyncio.get_running_loop().time()
        if quiet_s > 0:
            raise Waiting("The language model asked for a pause.", max(PAUSE_MIN_S, quiet_s))
        async with self._database.transaction(job.workspace_id) as connection:
            if await calls.unshaped(connection, job, question.key) >= TRIES_MAX:
                raise Failed("llm_unshaped")
            spent = await calls.spent_today(connection, job.workspace_id)
            if refusal := self._budget.refusal(spent, question.input_tokens):
                raise Waiting(refusal, spent.day_left_s + DAY_SLACK_S)
            return await calls.begin(connection, job, question)

    async def _end(self, connection: Connection, job: Job, call_id: int, outcome: Outcome, usage: Usage) -> None:
        cost = self._prices.cost(usage.input_tokens, usage.output_tokens)
        await calls.end(connection, job.workspace_id, call_id, outcome, usage, cost=cost)

    def _waiting(self, job: Job, fault: LlmFault) -> Waiting:
        pause_s = pause_after(fault, job.postponed, self._pause_s)
        if fault.retry_after_s is not None:
            self._quiet_until = asyncio.get_running_loop().time() + pause_s
        WAITING.set(1)
        if isinstance(fault, LlmMisconfigured):
            return Waiting(f"The language model can't be used as it is set up: {fault}.", pause_s)
        return Waiting(f"The language model does not answer: {fault}.", pause_s)


def pause_after(fault: LlmFault, postponed: int, first_s: float) -> float:
    """How many seconds a job rests that had to wait so often before."""
    if fault.retry_after_s is not None:
        return max(PAUSE_MIN_S, fault.retry_after_s)
    return min(PAUSE_MAX_S, first_s * 2.0 ** min(postponed, 20))


def _outcome(fault: LlmFault, question: Question) -> tuple[Outcome, Usage]:
    """What a fault cost, as far as can be known: what was sent, unless it surely came to nothing."""
    if isinstance(fault, LlmMisconfigured):
        return "misconfigured", NOTHING
    return ("unanswered", NOTHING) if fault.free else ("failed", Usage(question.input_tokens, 0))


def _least(refused: LlmRefused, question: Question) -> Usage:
    """What a refusal cost of which nothing else is known."""
    return NOTHING if refused.kind == "not_taken" else Usage(question.input_tokens, 0)
