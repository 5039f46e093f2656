"""Sessions: start, observe, end; what an agent is given of its memory, at the start and on the way."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts.base import Injected, Observation, observation_id_from, session_id_from
from contracts.commands import EndSession, RecordObservations, StartSession
from contracts.queries import GetSession, ListLearnt, ListSessions, ReadObservations
from contracts.replies import Session
from services.gateway.api import describing, examples, giving
from services.gateway.api.calls import Call, Reader, Writer, accepted
from services.gateway.api.describing import IDEMPOTENCY_KEY, answer, reads, takes, writes
from services.gateway.api.finding import readable
from services.gateway.api.ids import SessionIdInPath, WorkspaceIdInQuery, refuse_malformed_session
from services.gateway.api.injection import Memory, is_pinned, neutral_line, render
from services.gateway.api.redacting import without_secrets
from services.gateway.api.refusals import body_of
from services.gateway.api.session_shapes import (
    ContextAnswer,
    ContextRequest,
    EndedSession,
    Ending,
    LearntMemories,
    NewObservation,
    NewSession,
    ObservationPage,
    Observations,
    ObservedPage,
    OneObservation,
    SessionPage,
    StartedSession,
    TakenObservations,
)
from services.gateway.api.wire.bodies import fit, read_object
from services.gateway.api.wire.errors import json_response, not_found

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])


@router.post(
    "/start",
    status_code=201,
    summary="Start a session",
    responses={
        201: answer(StartedSession, "Begun, and on disk.", examples.STARTED_EXAMPLE),
        **writes(404, of_a_memory=False, of_text=True),
    },
    openapi_extra=takes(NewSession, examples.NEW_SESSION_EXAMPLE, headers=(IDEMPOTENCY_KEY,)),
)
async def start(call: Writer) -> Response:
    """Begins a session, and gives it what an agent should know at once: every pinned memory (importance 1.0), whatever
    its age, then the ten that count most by importance, age, and nearness to the names of project and branch."""
    named, body = await call.body_as(NewSession)
    call.refuse_foreign(named.workspace_id)
    new, warnings = without_secrets(named)
    wish = call.wish(body)
    given = await giving.at_start(call, " ".join(name for name in (new.project_name, new.branch_name) if name))
    order = StartSession(
        **wish,
        session_id=new.session_id or session_id_from(wish["command_id"]),
        **{name: getattr(new, name) for name in _KEPT},
        injected=tuple(Injected(memory_id=memory["memory_id"], score=score) for memory, score in given),
    )
    reply = await call.carry_out(order)
    if reply is None:
        return accepted(order, warnings)
    started = await _started(call, body_of(reply), [memory for memory, _ in given])
    return json_response({**started, "warnings": warnings}, 201)


_KEPT = ("project_path", "project_name", "branch_name", "user_id", "metadata", "namespace")


@router.get(
    "",
    summary="List sessions",
    responses={200: answer(list[Session], "A page of sessions.", [examples.SESSION_EXAMPLE]), **reads(422)},
)
async def browse(call: Reader, page: Annotated[SessionPage, Query()]) -> Response:
    """The sessions of the namespaces that the key may read, the newest first."""
    namespaces = await readable(call, page.namespace or None)
    if call.is_foreign(page.workspace_id):
        return json_response([])
    question = ListSessions(
        workspace_id=call.principal.workspace_id,
        readable=namespaces,
        status=page.status,
        project_path=page.project_path,
        limit=page.limit,
        offset=page.offset,
    )
    return json_response(await call.ask(question))


@router.get(
    "/{session_id}",
    summary="Get a session",
    responses={200: answer(Session, "The session.", examples.SESSION_EXAMPLE), **reads(404)},
)
async def get(call: Reader, session_id: SessionIdInPath, workspace_id: WorkspaceIdInQuery = None) -> Response:
    """Where a session is, what it was given at its start, and which job learns from it."""
    return json_response(await _session(call, session_id, workspace_id))


@router.get(
    "/{session_id}/observations",
    summary="List a session's observations",
    responses={
        200: answer(ObservedPage, "A page of them.", {"observations": [examples.OBSERVED_EXAMPLE]}),
        **reads(404, 422),
    },
)
async def observations(
    call: Reader, session_id: SessionIdInPath, page: Annotated[ObservationPage, Query()]
) -> Response:
    """What was recorded, in its order, from number `first` on."""
    question = _question(ReadObservations, call, session_id, page.workspace_id, first=page.first, limit=page.limit)
    return json_response({"observations": await call.ask(question)})


@router.get(
    "/{session_id}/memories",
    summary="List what a session taught",
    responses={
        200: answer(LearntMemories, "Its memories.", {"memories": [examples.LEARNT_EXAMPLE]}),
        **reads(404),
    },
)
async def learnt(call: Reader, session_id: SessionIdInPath, workspace_id: WorkspaceIdInQuery = None) -> Response:
    """The memories that came of a session, as they are now: `stored` because of it, or there before and `revised`, each
    with the quotes it rests on. What has been deleted since is left out."""
    return json_response({"memories": await call.ask(_question(ListLearnt, call, session_id, workspace_id))})


def _one_or_several() -> dict[str, Any]:
    """Either body of `observe`, described as one object."""
    said = takes(OneObservation, examples.OBSERVATION_EXAMPLE, headers=(IDEMPOTENCY_KEY,))
    schema = said["requestBody"]["content"]["application/json"]["schema"]
    schema["properties"]["observations"] = describing.schema_of(Observations)["properties"]["observations"]
    schema["anyOf"] = [{"required": schema.pop("required")}, {"required": ["observations"]}]
    return said


_ONE_OR_SEVERAL = _one_or_several()


@router.post(
    "/{session_id}/observations",
    status_code=202,
    summary="Record what happens",
    responses={
        **writes(404, of_a_memory=False),
        202: answer(TakenObservations, "On disk.", examples.TAKEN_EXAMPLE),
    },
    openapi_extra=_ONE_OR_SEVERAL,
)
async def observe(call: Writer, session_id: SessionIdInPath) -> Response:
    """Takes one observation, or `{"observations": [...]}` with up to 500, in their order. After the session's end: 409.
    Secrets are redacted first, and `warnings` says which.

    Where it is on disk but not yet decided, the answer names the command instead (see `Location`).
    """
    refuse_malformed_session(session_id)
    body = await read_object(call.request)
    if "observations" in body:
        several = fit(Observations, body)
        seen, workspace_id = tuple[NewObservation, ...](several.observations), several.workspace_id
    else:
        one = fit(OneObservation, body)
        seen, workspace_id = (one,), one.workspace_id
    call.refuse_foreign(workspace_id)
    seen, warnings = await asyncio.to_thread(_without_secrets, seen)  # a megabyte takes a third of a second
    wish = call.wish(body)
    observations = tuple(
        Observation(
            observation_id=observation_id_from(wish["command_id"], number),
            kind=each.kind,
            content=each.content,
            files=each.files,
            metadata=each.metadata,
            at=each.at or wish["issued_at"],
        )
        for number, each in enumerate(seen)
    )
    order = RecordObservations(**wish, session_id=session_id, observations=observations)
    return await call.order(order, 202, warnings=warnings)


def _without_secrets(seen: Sequence[NewObservation]) -> tuple[tuple[NewObservation, ...], list[str]]:
    """Of several observations, what was redacted is said once for each field and kind."""
    clean = [without_secrets(each) for each in seen]
    said = dict.fromkeys(warning for _, warnings in clean for warning in warnings)
    return tuple(each for each, _ in clean), list(said)


@router.get(
    "/{session_id}/context",
    summary="Get context for what is at hand",
    responses={200: answer(ContextAnswer, "What is known.", examples.CONTEXT_EXAMPLE), **reads(404, 422)},
)
async def context(call: Reader, session_id: SessionIdInPath, asked: Annotated[ContextRequest, Query()]) -> Response:
    """What the workspace knows of files and of a question, pinned memories first, as text for an agent to read: each
    memory between `[Weft — retrieved for {file_path}]` and `[/Weft]`, cleared of what could pass for a marker."""
    session = await _session(call, session_id, asked.workspace_id)
    namespaces = await readable(call, asked.namespace or None)
    project = session["project_path"]
    query = asked.query.strip()
    found, warnings = await giving.for_context(call, namespaces, project, query, asked.files, limit=asked.max_memories)
    text, shown = render(found[: asked.max_memories], asked.max_tokens)
    given = {
        "context": text,
        "memories": [_given(each.memory, each.score) for each in shown],
        "left_out": len(found) - len(shown),
        "warnings": warnings,
    }
    return json_response(given)


@router.post(
    "/{session_id}/end",
    summary="End a session",
    responses={
        200: answer(EndedSession, "Ended; its job is queued.", examples.ENDED_EXAMPLE),
        **writes(404, of_a_memory=False, of_text=True),
    },
    openapi_extra=takes(Ending, examples.ENDING_EXAMPLE, required=False, headers=(IDEMPOTENCY_KEY,)),
)
async def end(call: Writer, session_id: SessionIdInPath) -> Response:
    """Ends a session and queues the job that learns from it. `estimated_memories` is a guess: one for each sentence of
    the summary and each note, one for every ten messages and every ten edits, 20 at most. A second end: 409."""
    refuse_malformed_session(session_id)
    given, body = await call.body_as(Ending, optional=True)
    call.refuse_foreign(given.workspace_id)
    ending, warnings = without_secrets(given)
    order = EndSession(**call.wish(body), session_id=session_id, summary=ending.summary)
    return await call.order(order, 200, warnings=warnings)


async def _session(call: Call, session_id: str, workspace_id: str | None) -> dict[str, Any]:
    found: dict[str, Any] = await call.ask(_question(GetSession, call, session_id, workspace_id))
    return found


def _question(
    kind: type[GetSession | ReadObservations | ListLearnt],
    call: Call,
    session_id: str,
    workspace_id: str | None,
    **asked: int,
) -> GetSession | ReadObservations | ListLearnt:
    """About a session of the key's workspace. Raises Problem (404) for what can't be one."""
    refuse_malformed_session(session_id)
    if call.is_foreign(workspace_id):
        raise not_found("Session", session_id)
    principal = call.principal
    return kind.model_validate(
        {
            "workspace_id": principal.workspace_id,
            "session_id": session_id,
            "readable": principal.grants.read,
            **asked,
        }
    )


async def _started(call: Call, session: dict[str, Any], at_hand: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What was given is what the session says, which may be what an earlier request with this key chose."""
    known = {memory["memory_id"]: memory for memory in at_hand}
    known |= await giving.read(call, [it["memory_id"] for it in session["injected"] if it["memory_id"] not in known])
    given = [(known[it["memory_id"]], it["score"]) for it in session["injected"] if it["memory_id"] in known]
    pinned = sum(is_pinned(memory) for memory, _ in given)
    return {
        "session_id": session["session_id"],
        "injected_memories": [_given(memory, score) for memory, score in given],
        "context_summary": f"{_injected(len(given), pinned)} {await _last_session(call, session)}",
    }


def _injected(count: int, pinned: int) -> str:
    if not count:
        return "No memories to inject yet."
    return f"{count} {'memory' if count == 1 else 'memories'} injected, {pinned} of them pinned."


async def _last_session(call: Call, session: dict[str, Any]) -> str:
    principal = call.principal
    before = ListSessions(
        workspace_id=principal.workspace_id,
        readable=principal.grants.read,
        started_before=datetime.fromisoformat(session["started_at"]),
        limit=1,
    )
    earlier = await call.ask(before)
    return f"Last session: {earlier[0]['started_at'][:10]}." if earlier else "First session."


def _given(memory: Memory, score: float) -> dict[str, Any]:
    return {
        "id": memory["memory_id"],
        "memory_id": memory["memory_id"],
        "title": neutral_line(memory["title"]),
        "memory_type": memory["memory_type"],
        "importance_score": memory["importance_score"],
        "score": score,
    }
