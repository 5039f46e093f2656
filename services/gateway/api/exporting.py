"""The lines of an export (contracts.transfer), page by page: no more of it is held than one page."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog
from pydantic import BaseModel
from pydantic_core import to_json

from contracts.base import now
from contracts.commands import RecordExport
from contracts.queries import CountContents, Export
from contracts.transfer import FORMAT_VERSION, EndLine, ExportLine, ExportPart
from services.gateway.api.calls import Call
from services.gateway.api.refusals import body_of
from services.kit.errors import Unavailable

log = structlog.get_logger()

PARTS: tuple[ExportPart, ...] = ("memories", "consolidations", "relationships", "sessions", "observations")
"""In this order each finds what it needs when it is imported."""
PATIENCE_S = 60.0
AGAIN_AFTER_S = 1.0


async def export(call: Call, namespaces: Sequence[str], *, with_events: bool) -> AsyncIterator[bytes]:
    """The export, some lines at a time. It begins once the first page is there: raises Unavailable before that at once,
    and later after a minute's patience. Then its last line is missing, and whoever imports it is told.
    """
    parts: tuple[ExportPart, ...] = (*PARTS, "events") if with_events else PARTS
    head = ExportLine(
        version=FORMAT_VERSION,
        exported_at=now(),
        workspace_id=call.principal.workspace_id,
        namespaces=tuple(namespaces),
        parts=parts,
    )
    counts, has_begun = Counter[str](), False
    for part in parts:
        after: str | None = ""
        while after is not None:
            asked = Export(workspace_id=call.principal.workspace_id, part=part, readable=tuple(namespaces), after=after)
            page = await (_patiently(call, asked) if has_begun else call.ask(asked))
            if not has_begun:
                yield _text(head)
                has_begun = True
            counts.update(line["kind"] for line in page["lines"])
            if page["lines"]:
                yield b"".join(map(_text, page["lines"]))
            after = page["after"]
    yield _text(EndLine(lines=counts.total(), counts=dict(counts)))


async def record(call: Call, namespaces: Sequence[str], *, with_events: bool) -> None:
    """Notes in the audit trail who takes away what, before anything goes out. Raises Problem, NotStored,
    Unavailable."""
    counts = await call.ask(CountContents(workspace_id=call.principal.workspace_id, readable=tuple(namespaces)))
    about = {"namespaces": tuple(namespaces), "with_events": with_events, "counts": counts}
    answer = await call.carry_out(RecordExport(**call.wish_of_its_own(), **about))
    if answer is None:
        raise Unavailable("the export could not be recorded in time")
    body_of(answer)


async def _patiently(call: Call, asked: Export) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await call.ask(asked)
        except Unavailable as fault:
            if time.monotonic() > deadline:
                log.warning("an export was cut off", fault=str(fault))
                raise
            await asyncio.sleep(AGAIN_AFTER_S)


def _text(line: BaseModel | dict[str, Any]) -> bytes:
    return to_json(line) + b"\n"
