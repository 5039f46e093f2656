"""Any endpoint that speaks OpenAI's chat completions with structured output."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from pydantic import BaseModel, Field, ValidationError

from services.kit import telemetry
from services.kit.llm.door import (
    CALLS,
    OPENAI_URL,
    TOKENS,
    Answer,
    LlmFault,
    LlmMisconfigured,
    LlmRefused,
    LlmSettings,
    Refusal,
    Shape,
    Usage,
)
from services.kit.llm.schema import strict_schema
from services.kit.retry_after import retry_after_s

ABOUT_THE_MATERIAL = (400, 413, 422)
"""Statuses that other material may not get, unless they name a parameter that every question has."""

MAY_PASS = (408, 409, 425, 429)
"""And all from 500 on. Any other is about the endpoint, its key or its model."""

OF_EVERY_QUESTION = ("model", "response_format", "temperature", "max_tokens", "max_completion_tokens")

PAUSE_S = 0.5
PAUSE_MAX_S = 5.0
CHARS_PER_TOKEN = 4


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Counted(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Counted | None = None


class _TooLong(Exception):
    """More bytes than an answer may have."""


class _OptionRefused(Exception):
    """The model does not take a parameter, or not its value."""


class RemoteLlm:
    """Retries what may pass (no connection, a timeout, 408, 409, 425, 429, 5xx) with growing pauses, then raises
    LlmFault; at once where the endpoint asks for a pause of more than five seconds.
    """

    def __init__(self, settings: LlmSettings) -> None:
        if not settings.model:
            raise ValueError("a language model needs a name")
        self.name = settings.model
        self._settings = settings
        # Others than OpenAI ignore (Ollama) or refuse (Mistral) the newer of the two names.
        bound = "max_tokens" if settings.base_url else "max_completion_tokens"
        self._options: dict[str, Any] = {"temperature": 0, bound: settings.output_tokens_max}
        self._client = AsyncOpenAI(
            base_url=settings.base_url or OPENAI_URL,
            api_key=settings.api_key or "none",
            timeout=settings.timeout_s,
            max_retries=0,
            default_headers={"Accept-Encoding": "identity"},
            http_client=DefaultAsyncHttpxClient(event_hooks={"response": [self._bound]}),
        )

    async def close(self) -> None:
        await self._client.close()

    async def answer(self, instructions: str, material: str, shape: type[Shape]) -> Answer[Shape]:
        outcome = "failed"
        try:
            with telemetry.stage("llm") as span:
                span.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.request.model": self.name})
                completion = await self._persist(_question(instructions, material, shape))
                answer = self._read(completion, len(instructions) + len(material), shape)
                used = {"gen_ai.usage.input_tokens": answer.usage.input_tokens}
                span.set_attributes({**used, "gen_ai.usage.output_tokens": answer.usage.output_tokens})
            outcome = "answered"
        except LlmMisconfigured:
            outcome = "misconfigured"
            raise
        except LlmRefused:
            outcome = "refused"
            raise
        finally:
            CALLS.add(1, {"outcome": outcome})
        return answer

    # ---- asking

    async def _persist(self, question: dict[str, Any]) -> _Completion:
        for attempt in range(self._settings.retries_max):
            try:
                return await self._try(question)
            except LlmMisconfigured:
                raise
            except LlmFault as fault:
                pause_s = PAUSE_S * 2**attempt if fault.retry_after_s is None else fault.retry_after_s
                if pause_s > PAUSE_MAX_S:
                    raise
            await asyncio.sleep(pause_s)
        return await self._try(question)

    async def _try(self, question: dict[str, Any]) -> _Completion:
        """Asks once more without each of our options that the model turns out not to take."""
        async with self._in_time():
            while True:
                options = dict(self._options)
                try:
                    return await self._ask({**question, **options})
                except _OptionRefused as refused:
                    name = str(refused)
                    if name not in options:
                        raise LlmMisconfigured(f"{self.name}: does not take this {name}") from None
                    self._forget(name)

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        """The client's own limit is for each pause between two bytes, which a trickle never reaches."""
        timeout_s = self._settings.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                yield
        except TimeoutError:
            raise LlmFault(f"{self.name}: no answer within {timeout_s:g} s") from None

    def _forget(self, option: str) -> None:
        """OpenAI's thinking models take no temperature, and the bound by its newer name only: learnt once a process."""
        value = self._options.pop(option, None)
        if option == "max_tokens" and value is not None:
            self._options["max_completion_tokens"] = value

    async def _ask(self, question: dict[str, Any]) -> _Completion:
        # Nothing is chained: the library's exceptions hold what the endpoint said, which may be what it was asked.
        try:
            answer = await self._client.chat.completions.with_raw_response.create(model=self.name, **question)
        except _TooLong:
            why = f"{self.name}: an answer of more than {self._settings.answer_bytes_max} bytes"
            raise LlmRefused(why, kind="too_large") from None
        except openai.APIStatusError as refusal:
            raise self._fault(refusal) from None
        except openai.APIConnectionError as fault:
            unreached = isinstance(fault.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)
            raise LlmFault(f"{self.name}: {type(fault).__name__}", free=unreached) from None
        try:
            return _Completion.model_validate_json(answer.content)
        except ValidationError:
            raise LlmFault(f"{self.name} answered what is no completion") from None

    def _fault(self, refusal: openai.APIStatusError) -> Exception:
        why = f"{self.name}: status {refusal.status_code}"
        if refusal.status_code in ABOUT_THE_MATERIAL:
            named = str(refusal.param).partition(".")[0]
            return _OptionRefused(named) if named in OF_EVERY_QUESTION else LlmRefused(why, kind="not_taken")
        if refusal.status_code >= 500 or refusal.status_code in MAY_PASS:
            return LlmFault(why, retry_after_s(refusal.response.headers.get("retry-after")), free=True)
        return LlmMisconfigured(why)

    async def _bound(self, response: httpx2.Response) -> None:
        """Called with each response before its body is read.

        We ask for nothing compressed, since its size would not be known; what comes so all the same is no completion.
        """
        response.headers.pop("content-encoding", None)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, self._settings.answer_bytes_max, refuse=response.is_success)

    # ---- reading

    def _read(self, completion: _Completion, asked_chars: int, shape: type[Shape]) -> Answer[Shape]:
        choice = completion.choices[0]
        usage = _usage(completion, asked_chars)
        TOKENS.add(usage.input_tokens, {"direction": "input"})
        TOKENS.add(usage.output_tokens, {"direction": "output"})
        if choice.finish_reason in {"length", "content_filter"}:
            kind: Refusal = "cut_off" if choice.finish_reason == "length" else "filtered"
            raise LlmRefused(f"{self.name}: ended by {choice.finish_reason}", usage, kind=kind)
        if choice.message.refusal or choice.message.content is None:
            raise LlmRefused(f"{self.name}: refused to answer", usage, kind="declined")
        try:
            return Answer(shape.model_validate_json(choice.message.content), usage)
        except ValidationError:
            raise LlmRefused(f"{self.name}: the answer is no {shape.__name__}", usage, kind="unshaped") from None


class _Bounded(httpx2.AsyncByteStream):
    """At most so many bytes of a body. `refuse` says whether more is an error, or just not read."""

    def __init__(self, stream: httpx2.AsyncByteStream, bytes_max: int, *, refuse: bool) -> None:
        self._stream = stream
        self._left = bytes_max
        self._refuse = refuse

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._left -= len(chunk)
            if self._left < 0:
                if self._refuse:
                    raise _TooLong
                return
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def _question(instructions: str, material: str, shape: type[BaseModel]) -> dict[str, Any]:
    wanted = {"name": shape.__name__, "strict": True, "schema": strict_schema(shape)}
    return {
        "messages": [{"role": "system", "content": instructions}, {"role": "user", "content": material}],
        "response_format": {"type": "json_schema", "json_schema": wanted},
    }


def _usage(completion: _Completion, asked_chars: int) -> Usage:
    said = completion.usage or _Counted()
    answered_chars = len(completion.choices[0].message.content or "")
    return Usage(_tokens(said.prompt_tokens, asked_chars), _tokens(said.completion_tokens, answered_chars))


def _tokens(said: int | None, chars: int) -> int:
    return said if said is not None and said >= 0 else math.ceil(chars / CHARS_PER_TOKEN)
