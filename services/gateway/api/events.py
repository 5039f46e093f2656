"""Events: what happened in the workspace, from the log, page by page and as it happens."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query
from fastapi.sse import format_sse_event
from pydantic_core import to_json
from starlette.responses import Response

from contracts.queries import ReadEvents
from services.gateway.api.calls import Call, Reader
from services.gateway.api.describing import answer, reads, takes
from services.gateway.api.event_shapes import (
    EVENT_EXAMPLE,
    EVENTS_EXAMPLE,
    SEQ_MAX,
    Events,
    EventsWanted,
    PageWanted,
    StreamWanted,
)
from services.gateway.api.streaming import SILENCE_S, STILL_HERE, Stream
from services.gateway.api.wire.errors import invalid, json_response, not_found
from services.gateway.auth import NotAuthenticated
from services.kit.errors import Unavailable

log = structlog.get_logger()

router = APIRouter(prefix="/api/v1/events", tags=["events"])

STREAMED_MAX = 100
"""Events that are read at a time for a stream."""
AGAIN_AFTER_S = 1.0
LAST_EVENT_ID = "Last-Event-ID"


@router.get(
    "",
    summary="Read events",
    responses={200: answer(Events, "The next events.", EVENTS_EXAMPLE), **reads(422)},
)
async def browse(call: Reader, wanted: Annotated[PageWanted, Query()]) -> Response:
    """What happened to memories, relationships, sessions, documents and jobs in the namespaces that the key may read,
    oldest first, as the log has it: content that has been deleted since is not there, `weft.event.erased.v1` stands in
    its place. With `subject`, the history of one thing: who did what, and when."""
    if call.is_foreign(wanted.workspace_id):
        return json_response(Events(events=[], after=wanted.after, head=wanted.after))
    page = await call.ask(_question(call, wanted, wanted.after, wanted.limit))
    _refuse_beyond(wanted.after, page, ("query", "after"))
    return json_response(page)


_STREAM = {
    "description": "An event for each event, its `seq` as id; a comment where there is none for 15 s.",
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "example": f"id: {EVENT_EXAMPLE['seq']}\nevent: {EVENT_EXAMPLE['type']}\n"
            f"data: {to_json(EVENT_EXAMPLE).decode()}\n\n",
        }
    },
}
_LAST_EVENT_ID = {
    "name": LAST_EVENT_ID,
    "in": "header",
    "required": False,
    "description": "The id of the last event that came: the stream goes on after it. Goes before `after`.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"},
    "example": "42",
}


@router.get(
    "/stream",
    summary="Follow events",
    responses={200: _STREAM, **reads(404, 422)},
    openapi_extra=takes(headers=(_LAST_EVENT_ID,)),
)
async def follow(call: Reader, wanted: Annotated[StreamWanted, Query()]) -> Response:
    """Server-sent events: what `GET /api/v1/events` gives, and then whatever happens, as it happens. Each event comes
    once and in order, also across a reconnection with `Last-Event-ID`. The stream ends when the key does, when the
    server stops, and for a client that takes nothing for 10 s: then one connects again."""
    if call.is_foreign(wanted.workspace_id):
        raise not_found("Workspace", str(wanted.workspace_id))
    after, where = _last_event_id(call.request.headers), ("header", LAST_EVENT_ID)
    if after is None:
        after, where = wanted.after, ("query", "after")
    page = await call.ask(_question(call, wanted, after, 1))
    if after is not None:
        _refuse_beyond(after, page, where)
    told = _told(call, wanted, page["head"] if after is None else after)
    return Stream(call.gate.streams, call.principal.actor, told)


def _question(call: Call, wanted: EventsWanted, after: int | None, limit: int) -> ReadEvents:
    return ReadEvents(
        workspace_id=call.principal.workspace_id,
        readable=call.principal.grants.read,
        after_seq=after,
        limit=limit,
        types=wanted.types,
        subject=wanted.subject,
    )


def _last_event_id(headers: Mapping[str, str]) -> int | None:
    """Raises Problem (422) for what is no `seq`."""
    said = headers.get(LAST_EVENT_ID)
    if said is None:
        return None
    if not re.fullmatch(r"[0-9]{1,19}", said, re.ASCII) or int(said) > SEQ_MAX:
        raise invalid(["header", LAST_EVENT_ID], "must be the id of an event", "event_id")
    return int(said)


def _refuse_beyond(after: int, page: dict[str, Any], where: tuple[str, str]) -> None:
    """Raises Problem (422) for a place that the log has not come to: it is of another log."""
    if after > page["head"]:
        raise invalid(where, f"is beyond the end of the log, which is {page['head']}", "beyond_the_log")


async def _told(call: Call, wanted: EventsWanted, after: int) -> AsyncGenerator[bytes, None]:
    """The events after `after`, from the log: news only say that it is time to look there. Before each look the key is
    looked up anew."""
    yield format_sse_event(comment=f"after {after}")
    said, is_away = time.monotonic(), False
    with call.gate.streams.following(call.principal.workspace_id) as news:
        while True:
            try:
                page, is_away = await _look(call, wanted, after), False
            except NotAuthenticated:
                return
            except Unavailable as fault:
                if not is_away:
                    log.warning("events can't be followed at present", fault=str(fault))
                page, is_away = None, True
            if page is not None and page["events"]:
                said = time.monotonic()
                yield b"".join(map(_event, page["events"]))
            elif time.monotonic() - said >= SILENCE_S:
                said = time.monotonic()
                yield STILL_HERE
            if page is None:
                await asyncio.sleep(AGAIN_AFTER_S)
                continue
            after = page["after"]
            if after >= page["head"]:
                await news.pause(max(0.0, SILENCE_S - (time.monotonic() - said)))


async def _look(call: Call, wanted: EventsWanted, after: int) -> dict[str, Any]:
    """The next events, as the key may see them by now. Raises NotAuthenticated, Unavailable."""
    principal = await call.gate.keys.principal(call.request.headers.get("authorization"))
    asked = _question(replace(call, principal=principal), wanted, after, STREAMED_MAX)
    page: dict[str, Any] = await call.gate.streams.together(principal.workspace_id, asked, lambda: call.ask(asked))
    return page


def _event(event: dict[str, Any]) -> bytes:
    return format_sse_event(id=str(event["seq"]), event=event["type"], data_str=to_json(event).decode())
