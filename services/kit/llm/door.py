"""What a language model is asked for, what it raises, and whether the settings name one."""

from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

from services.kit import telemetry
from services.kit.errors import Transient

CALLS = telemetry.Counter(
    "weft.llm.calls",
    "Questions to the language model, by outcome",
    [{"outcome": each} for each in ("answered", "refused", "failed", "misconfigured")],
)
TOKENS = telemetry.Counter(
    "weft.llm.tokens",
    "Tokens that went to the language model, and that came back",
    [{"direction": "input"}, {"direction": "output"}],
)

OPENAI_URL = "https://api.openai.com/v1"

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost; four characters are taken for a token where the endpoint does not say."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Answer(Generic[Shape]):
    value: Shape
    usage: Usage


class LlmFault(Transient):
    """The model did not answer, or not properly. Later it will: what waits for it goes on waiting.

    `retry_after_s` is how long to wait where the endpoint has said so, an hour at most. `free`: surely nothing was
    generated, for there was no connection, or an error instead of an answer.
    """

    def __init__(self, why: str, retry_after_s: float | None = None, *, free: bool = False):
        super().__init__(why)
        self.retry_after_s = retry_after_s
        self.free = free


class LlmMisconfigured(LlmFault):
    """The key, the model or the endpoint is not the right one. Once that is mended it will answer, so what waits goes
    on waiting; the counter of calls shows it as `misconfigured`.
    """

    def __init__(self, why: str):
        super().__init__(why, free=True)


Refusal = Literal["not_taken", "too_large", "cut_off", "filtered", "declined", "unshaped"]
"""The endpoint did not take the material, the answer had too many bytes or tokens, a filter ended it, the model said
that it won't, or what it said is not in the shape: that alone may go better when it is asked again.
"""


class LlmRefused(Exception):
    """This material will not be answered, however often it is asked. It says nothing about other material.

    `usage` is what that cost; None where nothing was generated, or nobody read how much.
    """

    def __init__(self, why: str, usage: Usage | None = None, *, kind: Refusal):
        super().__init__(why)
        self.usage = usage
        self.kind: Refusal = kind


class Llm(Protocol):
    @property
    def name(self) -> str:
        """The model's."""
        ...

    async def answer(self, instructions: str, material: str, shape: type[Shape]) -> Answer[Shape]:
        """`instructions` are ours, `material` may be anybody's. The answer is checked against `shape`, bounds included.

        Raises LlmFault (LlmMisconfigured among them) and LlmRefused.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """WEFT_LLM_BASE_URL, WEFT_LLM_API_KEY and WEFT_LLM_MODEL; with a key alone the endpoint is OpenAI's own.

    `timeout_s` is how long one try may take as a whole. What a model thinks counts towards `output_tokens_max`.
    """

    base_url: str | None = None
    api_key: str | None = None
    model: str | None = None
    timeout_s: float = 60.0
    retries_max: int = 2
    output_tokens_max: int = 4_096
    answer_bytes_max: int = 1_000_000


def make_llm(settings: LlmSettings) -> Llm | None:
    """None if no model is configured. Raises ValueError if one is by half."""
    endpoint = settings.base_url or settings.api_key
    if not settings.model and not endpoint:
        return None
    if not settings.model or not endpoint:
        raise ValueError("a language model needs WEFT_LLM_MODEL, and WEFT_LLM_API_KEY or WEFT_LLM_BASE_URL")
    from services.kit.llm.remote import RemoteLlm  # noqa: PLC0415 - a second, and most installs never need it

    return RemoteLlm(settings)
