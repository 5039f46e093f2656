"""Asking a language model one question: within the day's budget, each try on record, until its answer has the shape."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog
from pydantic import BaseModel

from services.extraction.asking import Budget, Prices
from services.extraction.loops.storing import Failed, Waiting
from services.extraction.store import calls
from services.extraction.store.calls import Outcome, Question
from services.kit import telemetry
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

WAITING = telemetry.Gauge(
    "weft.extraction.model.waits", "1 while the model does not answer, and jobs wait for it", known=[{}]
)
COST = telemetry.Counter("weft.llm.cost", "What calls cost, in the currency of WEFT_LLM_PRICE_INPUT and _OUTPUT", [{}])
SPENT = telemetry.Counter(
    "weft.llm.budget.refusals", "Calls that wait because their workspace's budget is used up", [{}]
)

Shape = TypeVar("Shape", bound=BaseModel)
Kept = TypeVar("Kept")


class Asker(calls.Caller, Protocol):
    """A job that has a question; `postponed` is how often it had to wait."""

    @property
    def postponed(self) -> int: ...


class Calling:
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

    @property
    def model(self) -> str:
        return self._llm.name

    async def answer(
        self,
        job: Asker,
        question: Question,
        instructions: str,
        material: str,
        shape: type[Shape],
        *,
        believe: Callable[[Shape], Kept],
        keep: Callable[[Connection, Kept], Awaitable[None]],
    ) -> Kept:
        """What is to be believed of the answer (pure, and in a thread), once that is kept, in one transaction with the
        call's end. Raises Failed where TRIES_MAX answers were not in the shape, or none will come; Waiting.
        """
        while True:
            call_id = await self._begin(job, question)
            try:
                answer = await self._llm.answer(instructions, material, shape)
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
            believed = await asyncio.to_thread(believe, answer.value)
            async with self._database.transaction(job.workspace_id) as connection:
                await keep(connection, believed)
                await self._end(connection, job, call_id, "answered", answer.usage)
            return believed

    async def _begin(self, job: Asker, question: Question) -> int:
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
                SPENT.add(1)
                raise Waiting(refusal, spent.day_left_s + DAY_SLACK_S)
            return await calls.begin(connection, job, question)

    async def _end(self, connection: Connection, job: Asker, call_id: int, outcome: Outcome, usage: Usage) -> None:
        cost = self._prices.cost(usage.input_tokens, usage.output_tokens)
        COST.add(cost or 0)
        await calls.end(connection, job.workspace_id, call_id, outcome, usage, cost=cost)

    def _waiting(self, job: Asker, fault: LlmFault) -> Waiting:
        pause_s = pause_after(fault, job.postponed, self._pause_s)
        if fault.retry_after_s is not None:
            self._quiet_until = asyncio.get_running_loop().time() + pause_s
        WAITING.set(1)
        if isinstance(fault, LlmMisconfigured):
            return Waiting(f"The language model can't be used as it is set up: {fault}.", pause_s)
        return Waiting(f"The language model does not answer: {fault}.", pause_s)


def tokens_of(instructions: str, material: str) -> int:
    """About so many are sent."""
    return math.ceil((len(instructions) + len(material)) / CHARS_PER_TOKEN)


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
