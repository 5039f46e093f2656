"""An operator's connection to the bus, and where it is: the environment, or a stack of `make up` in WEFT_HOME."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts import subjects
from deploy.local.endpoints import Endpoints
from deploy.local.home import Home
from deploy.local.programs import operator_environment
from services.kit.bus import Bus

ANSWER_TIMEOUT_S = 120.0
REBUILD_TIMEOUT_S = 3600.0
"""A rebuild answers when it is done."""


class Refused(Exception):
    """A service said no; the message is for the operator."""


class OperatorSettings(BaseSettings):
    """From the environment; what is absent there is taken from the stack in WEFT_HOME."""

    model_config = SettingsConfigDict(env_prefix="WEFT_", extra="ignore")

    nats_url: str
    key_pepper: str
    master_key_file: Path | None = None
    """Where the services read the master key, if it is a file."""

    @classmethod
    def find(cls) -> "OperatorSettings":
        home = Home.from_environment()
        runs = (home.run / "ports.json").exists()
        local = operator_environment(home, Endpoints.of(home)) if runs else {}
        given = {name: os.environ.get(name, value) for name, value in local.items()}
        return cls.model_validate({name.removeprefix("WEFT_").lower(): value for name, value in given.items()})


class Operator:
    """Asks services what only `admin` may ask."""

    def __init__(self, bus: Bus):
        self.bus = bus

    async def request(self, service: str, action: str, asked: BaseModel, timeout_s: float = ANSWER_TIMEOUT_S) -> Any:
        """The body of the answer. Raises Refused, or services.kit.errors.Unavailable."""
        return body(await self.bus.ask(subjects.admin(service, action), asked, timeout_s))


def body(answer: dict[str, Any]) -> Any:
    """The body of a Reply in plain JSON. Raises Refused."""
    if refusal := answer.get("refusal"):
        raise Refused(refusal["detail"])
    return answer.get("body")


@asynccontextmanager
async def operator(settings: OperatorSettings) -> AsyncIterator[Operator]:
    bus = Bus(settings.nats_url, "admin")
    await bus.connect()
    try:
        yield Operator(bus)
    finally:
        await bus.stop()
