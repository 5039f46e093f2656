"""Commands: what became of a request that was answered 202."""

import time
from base64 import b64decode
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Path
from nats.errors import Error as NatsError
from pydantic_core import from_json, to_json
from starlette.responses import Response

from contracts import subjects
from contracts.commands import TenancyOrder
from contracts.queries import GetCommand
from contracts.replies import CommandState
from services.gateway.api.calls import Call, Reader
from services.gateway.api.describing import answer, reads
from services.gateway.api.examples import ACCEPTED_EXAMPLE, MEMORY_EXAMPLE
from services.gateway.api.ids import WorkspaceIdInQuery, uuid_of
from services.gateway.api.portal import SECURITY, Tenant
from services.gateway.api.wire.errors import Problem, json_response, not_found
from services.kit.errors import Unavailable

router = APIRouter(prefix="/api/v1/commands", tags=["commands"])
managed = APIRouter(prefix="/v1/commands", tags=["commands"])

LOOK_FOR_S = 2.0
MANAGED = frozenset(kind.entity for kind in get_args(TenancyOrder))
LOOKUP_TIMEOUT_S = 2.0

_READ_COMMANDS = f"$JS.API.STREAM.MSG.GET.{subjects.COMMANDS_STREAM}"
_EXAMPLE = {
    "command_id": ACCEPTED_EXAMPLE["command_id"],
    "status": "committed",
    "refusal": None,
    "result": MEMORY_EXAMPLE,
}


@router.get(
    "/{command_id}",
    summary="Follow a command",
    responses={200: answer(CommandState, "Where the command is.", _EXAMPLE), **reads(404)},
)
async def follow(
    call: Reader,
    command_id: Annotated[str, Path(description="From a 202.", examples=[ACCEPTED_EXAMPLE["command_id"]])],
    workspace_id: WorkspaceIdInQuery = None,
) -> Response:
    """`accepted`: on disk, not yet decided. `committed`: done, see `result`. `rejected`: see `refusal`. `parked`: it
    could not be handled, and the operator sees that."""
    if call.is_foreign(workspace_id):
        raise not_found("Command", command_id)
    return await _follow(call, command_id, managing=False)


@managed.get(
    "/{command_id}",
    summary="Follow a command of management",
    responses={200: answer(CommandState, "Where the command is.", {**_EXAMPLE, "result": None}), **reads(404, 422)},
    openapi_extra=SECURITY,
)
async def follow_managed(
    call: Tenant,
    command_id: Annotated[str, Path(description="From a 202.", examples=[ACCEPTED_EXAMPLE["command_id"]])],
) -> Response:
    """As for a command of data, for those about keys, namespaces and the workspace."""
    call.require_owner()
    return await _follow(call, command_id, managing=True)


async def _follow(call: Call, command_id: str, *, managing: bool) -> Response:
    wanted = uuid_of("Command", command_id)
    principal = call.principal
    question = GetCommand(
        workspace_id=principal.workspace_id, command_id=wanted, readable=principal.grants.read, managing=managing
    )
    try:
        return json_response(await call.ask(question))
    except (Problem, Unavailable) as fault:
        if isinstance(fault, Problem) and fault.status != 404:
            raise
        if await _is_waiting(call, wanted, managing=managing):
            return json_response({"command_id": wanted, "status": "accepted", "refusal": None, "result": None})
        if isinstance(fault, Unavailable):
            raise
        raise not_found("Command", command_id) from None


async def _is_waiting(call: Call, command_id: UUID, *, managing: bool) -> bool:
    """Whether the command is on its stream, and one that the asker may know of. Raises Unavailable where that can't be
    said within LOOK_FOR_S."""
    deadline = time.monotonic() + LOOK_FOR_S
    sequence = 1
    while time.monotonic() < deadline:
        message = await _next_command(call, sequence)
        if message is None:
            return False
        waiting = from_json(b64decode(message["data"]))
        if waiting.get("command_id") == str(command_id):
            return _may_follow(call, message["subject"], waiting["grants"], managing=managing)
        sequence = message["seq"] + 1
    raise Unavailable("too many commands are waiting to look through")


def _may_follow(call: Call, subject: str, grants: dict[str, Any], *, managing: bool) -> bool:
    """What a command is about is not known before it is decided: who may follow it may read whatever its sender may."""
    if subjects.command_kind(subject)[0] in MANAGED:
        return managing
    return {*grants["read"], *grants["write"]} <= {*call.principal.grants.read, *call.principal.grants.write}


async def _next_command(call: Call, sequence: int) -> dict[str, Any] | None:
    """The workspace's first command on the stream at `sequence` or after it."""
    wanted = to_json({"seq": sequence, "next_by_subj": subjects.commands_of(call.principal.workspace_id)})
    try:
        answer = await call.gate.bus.request(_READ_COMMANDS, wanted, LOOKUP_TIMEOUT_S)
    except NatsError as fault:
        raise Unavailable(f"COMMANDS: {type(fault).__name__}") from fault
    message: dict[str, Any] | None = from_json(answer).get("message")
    return message
