"""A call: one request of somebody known. Routes get it as `Reader` or `Writer`, before anything else is looked at."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response
from uuid_utils.compat import uuid7

from contracts import subjects
from contracts.base import now
from contracts.commands import Command, TenancyOrder
from contracts.queries import Question
from services.gateway.api.idempotency import Running, command_id_of, fingerprint, key_of
from services.gateway.api.refusals import body_of
from services.gateway.api.shapes import Nothing
from services.gateway.api.streaming import Streams
from services.gateway.api.wire.bodies import fit, read_object
from services.gateway.api.wire.errors import Problem, json_response
from services.gateway.api.wire.rates import Rate
from services.gateway.auth import X_API_KEY, Keys, Principal
from services.gateway.issuers import Issuer
from services.kit import telemetry
from services.kit.bus import Bus

REPLY_TIMEOUT_S = 5.0
TAKEN_IN_MAX = 8
"""Documents whose bytes are held at a time; the next waits for its turn."""
FOLLOWED_AT = {False: "/api/v1/commands", True: "/v1/commands"}
"""Where a command can be followed, by whether it is one of management."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Gate:
    """What all calls pass through. Made once, in `app`."""

    bus: Bus
    keys: Keys
    reads: Rate
    writes: Rate
    running: Running
    portal_key: str = field(repr=False)
    streams: Streams
    webhooks_allow_private: bool = False
    issuer: Issuer | None = None
    taking_in: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TAKEN_IN_MAX))


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, what, and the ways to have it done."""

    gate: Gate
    request: Request
    principal: Principal

    def is_foreign(self, workspace_id: str | None) -> bool:
        """Whether a workspace that the request names is another than the key's. It has nothing to read there."""
        return workspace_id is not None and workspace_id != self.principal.workspace_id

    def refuse_foreign(self, workspace_id: str | None) -> None:
        """Raises Problem (403) for another workspace than the key's, whether it exists or not."""
        if self.is_foreign(workspace_id):
            raise Problem(403, "This key can't write to another workspace.")

    def foreign_workspace(self, in_body: str | None) -> str | None:
        """The workspace, named in the body or in the query, that is another than the key's."""
        named = (in_body, self.request.query_params.get("workspace_id"))
        return next((each for each in named if self.is_foreign(each)), None)

    async def body_as(self, model: type[Model], *, optional: bool = False) -> tuple[Model, dict[str, Any]]:
        """The body as `model`, and as it came."""
        value = await read_object(self.request, optional=optional)
        return fit(model, value), value

    async def empty_body(self) -> dict[str, Any]:
        """The body of a write that needs none, as it came. Raises Problem (403 for a foreign workspace)."""
        nothing, body = await self.body_as(Nothing, optional=True)
        self.refuse_foreign(nothing.workspace_id)
        return body

    def wish(self, body: dict[str, Any]) -> dict[str, Any]:
        """The fields that every command has (contracts.commands.Command). `body` is what the client sent."""
        key = key_of(self.request)
        if key is None:
            return self.wish_of_its_own()
        command_id = command_id_of(self.principal.workspace_id, key)
        return {
            **self.wish_of_its_own(),
            "command_id": command_id,
            "fingerprint": fingerprint(self.request, body, self.principal.grants),
        }

    def wish_of_its_own(self) -> dict[str, Any]:
        """The same for one of many commands of a request: no Idempotency-Key stands for it."""
        return {
            "command_id": uuid7(),
            "attempt": uuid7(),
            "workspace_id": self.principal.workspace_id,
            "actor": self.principal.actor,
            "grants": self.principal.grants,
            "issued_at": now(),
            "fingerprint": None,
            "traceparent": telemetry.traceparent(),
        }

    async def ask(self, question: Question, timeout_s: float = REPLY_TIMEOUT_S) -> Any:
        """The body of the answer, as plain JSON. Raises Problem for a refusal, Unavailable."""
        return await ask(self.gate, question, timeout_s)

    async def order(
        self, command: Command, status: int, *, with_etag: bool = False, warnings: list[str] | None = None
    ) -> Response:
        """Has the command carried out: `status` once that is committed, 202 once it is on disk but not yet decided.

        Either answer carries `warnings` where there is a list of them, also an empty one. Raises Problem for a refusal,
        NotStored.
        """
        answer = await self.carry_out(command)
        if answer is None:
            return accepted(command, warnings)
        body = body_of(answer)
        if warnings is not None:
            body = {**body, "warnings": warnings}
        if status == 204:
            return Response(status_code=204)
        return json_response(body, status, etag(body) if with_etag else None)

    async def carry_out(self, command: Command) -> dict[str, Any] | None:
        """The answer (contracts.replies.Reply) as plain JSON; None where the command is on disk but not yet decided.

        Raises NotStored, or Problem (409) while another request with this Idempotency-Key is running.
        """
        subject = subjects.command(command)
        if command.fingerprint is None:
            return await self.gate.bus.order(subject, command, REPLY_TIMEOUT_S)
        with self.gate.running.claim(command.command_id):
            return await self.gate.bus.order(subject, command, REPLY_TIMEOUT_S)


async def ask(gate: Gate, question: Question, timeout_s: float = REPLY_TIMEOUT_S) -> Any:
    """The body of the answer, as plain JSON. Raises Problem for a refusal, Unavailable."""
    return body_of(await gate.bus.ask(subjects.query(question), question, timeout_s))


def etag(shown: dict[str, Any]) -> dict[str, str]:
    """The header that names the revision of a memory or a document."""
    return {"ETag": f'"{shown["revision"]}"'}


def accepted(command: Command, warnings: list[str] | None = None) -> Response:
    """202: on disk, and not yet decided."""
    content, headers = accepted_content(command)
    if warnings is not None:
        content["warnings"] = warnings
    return json_response(content, 202, headers)


def accepted_content(command: Command) -> tuple[dict[str, Any], dict[str, str]]:
    """What a 202 says of a command: its body, its headers."""
    content: dict[str, Any] = {"command_id": command.command_id, "status": "accepted"}
    for name in ("memory_id", "session_id", "key_id", "document_id", "webhook_id"):
        if (named := getattr(command, name, None)) is not None:
            content[name] = named
    return content, {"Location": f"{FOLLOWED_AT[isinstance(command, TenancyOrder)]}/{command.command_id}"}


async def _known(request: Request) -> Call:
    gate = cast(Gate, request.app.state.gate)
    return Call(gate, request, await gate.keys.principal(request.headers.get("authorization")))


async def reader(request: Request) -> Call:
    """Raises NotAuthenticated, Unavailable, or Problem (429)."""
    call = await _known(request)
    await call.gate.reads.count(call.principal.actor)
    return call


async def writer(request: Request) -> Call:
    """Raises NotAuthenticated, Unavailable, or Problem (429; 403 for a workspace that is not the key's)."""
    call = await _known(request)
    await call.gate.writes.count(call.principal.actor)
    call.refuse_foreign(request.query_params.get("workspace_id"))
    return call


async def key_reader(request: Request) -> Call:
    """`reader` for paths of family B, which take `X-API-Key`."""
    call = await _known_by_key(request)
    await call.gate.reads.count(call.principal.actor)
    return call


async def key_writer(request: Request) -> Call:
    """`writer` for them."""
    call = await _known_by_key(request)
    await call.gate.writes.count(call.principal.actor)
    call.refuse_foreign(request.query_params.get("workspace_id"))
    return call


async def _known_by_key(request: Request) -> Call:
    gate = cast(Gate, request.app.state.gate)
    return Call(gate, request, await gate.keys.principal_of(request.headers.get(X_API_KEY)))


Reader = Annotated[Call, Depends(reader)]
Writer = Annotated[Call, Depends(writer)]
KeyReader = Annotated[Call, Depends(key_reader)]
KeyWriter = Annotated[Call, Depends(key_writer)]
