"""Services that are played: over the real bus they answer what a test tells them to, and note what they were asked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from pydantic import BaseModel

from contracts import subjects
from contracts.accounts import AccountQuestion
from contracts.commands import COMMANDS
from contracts.queries import Question
from contracts.replies import Refusal, RefusalCode, Reply
from services.kit.asking import send_answer
from services.kit.bus import Bus, NatsMessage, reply_address
from tests.stack import Servers

Asked = TypeVar("Asked", bound=BaseModel)
Answering = Callable[[Any], Awaitable[Reply]]


class Played:
    """One service. `answers` has a body, or a way to answer, for each kind of question; any other is a fault."""

    def __init__(self, bus: Bus):
        self.bus = bus
        self.answers: dict[type[BaseModel], Any] = {}
        self.heard: list[BaseModel] = []

    def asked(self, kind: type[Asked]) -> list[Asked]:
        """What was asked or ordered of this kind, in order."""
        return [each for each in self.heard if isinstance(each, kind)]

    async def answer(self, asked: BaseModel) -> Reply:
        self.heard.append(asked)
        answer = self.answers[type(asked)]
        if callable(answer):
            told: Reply = await answer(asked)
            return told
        return answer if isinstance(answer, Reply) else Reply(body=answer)

    async def decide(self, message: NatsMessage) -> None:
        """As the memory service answers a command."""
        kind = COMMANDS[subjects.command_kind(message.raw_message.subject)]
        told = await self.answer(kind.model_validate_json(message.body))
        address = reply_address(message)
        assert address is not None
        await send_answer(self.bus.client, address, told.model_dump_json().encode())


@asynccontextmanager
async def playing(
    servers: Servers, service: str, *questions: type[Question | AccountQuestion]
) -> AsyncIterator[Played]:
    """The service, ready to be asked these questions; `memory` also hears commands."""
    played = Played(Bus(servers.nats_url(service), service))
    await played.bus.connect()
    try:
        for kind in questions:
            subject = subjects.account(kind) if issubclass(kind, AccountQuestion) else subjects.query(kind)
            played.bus.on_query(subject, kind)(played.answer)
        if service == "memory":
            played.bus.on_stream(subjects.COMMANDS_STREAM, subjects.ALL_COMMANDS, played.decide)
        await played.bus.listen()
        yield played
    finally:
        await played.bus.stop()


def refusing(code: RefusalCode, detail: str = "No.") -> Reply:
    return Reply(refusal=Refusal(code=code, detail=detail))
