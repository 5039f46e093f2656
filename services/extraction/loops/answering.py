"""A language model's answer to a question, out of passages that were found for it."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import uuid4

from contracts.queries import Synthesize
from contracts.replies import Synthesis
from services.extraction.asking.answering import (
    ANSWER_INSTRUCTIONS,
    ANSWER_PROMPT_VERSION,
    Answered,
    Cited,
    cited,
    material_of,
)
from services.extraction.loops.calling import Calling, tokens_of
from services.extraction.loops.storing import Failed, Waiting
from services.extraction.store.calls import Question
from services.kit.postgres import Connection

NO_MODEL = "No answer was written: no language model is configured."
NOT_ANSWERED = "The language model found no answer in what was found."
RESTS_ON_NOTHING = "The language model's answer rested on nothing that was found, and was left out."
FAILED = "No answer was written: the language model refused, or did not answer in a form that can be used."


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of somebody who waits for the answer: it is tried again by nobody, and its answer is not kept."""

    workspace_id: str
    job_id: str = field(default_factory=lambda: f"query-{uuid4().hex}")
    version: int = 1
    postponed: int = 0
    cause: ClassVar[str] = "asked"
    session_id: ClassVar[None] = None
    document_id: ClassVar[None] = None


class Answering:
    """`calling` is None where there is no language model."""

    def __init__(self, calling: Calling | None):
        self._calling = calling

    async def answer(self, asked: Synthesize) -> Synthesis:
        """Where there is no answer, the warning says why."""
        if self._calling is None:
            return Synthesis(warning=NO_MODEL)
        material, shown = material_of(asked.query, asked.passages)
        who = Asked(asked.workspace_id)
        tokens = tokens_of(ANSWER_INSTRUCTIONS, material)
        question = Question(who.job_id, self._calling.model, ANSWER_PROMPT_VERSION, 1, 1, tokens)

        def believe(answered: Answered) -> Cited | str:
            if not (answered.answer or "").strip():
                return NOT_ANSWERED
            return cited(answered.answer or "", shown) or RESTS_ON_NOTHING

        try:
            found = await self._calling.answer(
                who, question, ANSWER_INSTRUCTIONS, material, Answered, believe=believe, keep=_keep_nothing
            )
        except Waiting as waiting:
            return Synthesis(warning=waiting.reason)
        except Failed:
            return Synthesis(warning=FAILED)
        if isinstance(found, str):
            return Synthesis(warning=found)
        return Synthesis(answer=found.text, citations=found.citations)


async def _keep_nothing(_: Connection, __: Cited | str) -> None:
    """Whoever asks again may have found something else."""
