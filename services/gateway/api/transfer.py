"""Export and import: a workspace as lines, out and in, however many."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic_core import to_json
from starlette.responses import Response, StreamingResponse

from contracts.base import NamespaceKey
from contracts.transfer import LINES
from services.gateway.api import describing, examples, importing
from services.gateway.api.calls import Reader, Writer
from services.gateway.api.describing import answer, reads
from services.gateway.api.exporting import export, record
from services.gateway.api.finding import readable
from services.gateway.api.ids import WorkspaceIdInQuery
from services.gateway.api.importing import Imported
from services.gateway.api.wire.errors import Problem, json_response, not_found
from services.gateway.api.wire.lines import NDJSON

router = APIRouter(prefix="/api/v1", tags=["transfer"])

_EXAMPLE = b"\n".join(map(to_json, examples.LINES_EXAMPLE)).decode() + "\n"
_LINES = {
    "type": "string",
    "description": "One JSON object a line. `kind` says which of these it is:",
    "x-ndjson-lines": {kind: describing.schema_of(line) for kind, line in LINES.items()},
}
_EXPORT = {
    "description": "The lines, the last of them `end`. Where that is missing, the export was cut off.",
    "content": {NDJSON: {"schema": _LINES, "example": _EXAMPLE}},
}
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {NDJSON: {"schema": _LINES, "example": _EXAMPLE}}}
}


@router.get("/export", summary="Export the workspace", responses={200: _EXPORT, **reads(403, 404, 422)})
async def export_workspace(
    call: Reader,
    events: Annotated[bool, Query(description="With the events of all that is exported, as the log has them.")] = False,
    namespaces: Annotated[
        tuple[NamespaceKey | Literal["*"], ...],
        Query(max_length=64, description="Only these, repeatable; absent or `*`: all that the key may read."),
    ] = (),
    workspace_id: WorkspaceIdInQuery = None,
) -> Response:
    """Everything that the key may read, as NDJSON: first a line `export` (version, when, which namespaces), then each
    `memory`, each `consolidation` of some of them, each `relationship` made by hand whose two memories are among them,
    each `session` and its `observations`, with `events` each `event` of these; at the end a line `end` with the counts.
    It is read page by page while others go on writing: what is stored or changed meanwhile may or may not be in it,
    everything else is. What is derived (embeddings, discovered relationships, ranks) is not: an import derives it
    anew."""
    granted = await readable(call, namespaces or None)
    if call.is_foreign(workspace_id):
        raise not_found("Workspace", str(workspace_id))
    lines = export(call, granted, with_events=events)
    first = await anext(lines)  # where nothing can be read at present, there is still time to say so
    await record(call, granted, with_events=events)
    headers = {"Content-Disposition": 'attachment; filename="weft-export.ndjson"', "Cache-Control": "no-store"}
    return StreamingResponse(_from(first, lines), media_type=NDJSON, headers=headers)


@router.post(
    "/import",
    summary="Import lines",
    responses={
        200: answer(Imported, "What became of the lines.", examples.IMPORTED_EXAMPLE),
        **reads(400, 403, 404, 408, 415, 422),
    },
    openapi_extra=_BODY,
)
async def import_lines(
    call: Writer,
    namespace: Annotated[
        NamespaceKey | None, Query(description="Where all of it goes; if absent, each line says it, or the key does.")
    ] = None,
) -> Response:
    """Takes an export, or lines of the same form without `export` and `end`. Each line is imported whole or not at all,
    with its ids, times and counters; a line that can't be is named in `errors`, and the others go on. What is here
    already, or was deleted here, is `skipped`, so that the same file may be sent again, and an import that was cut off
    goes on where it was. A line comes after those it rests on: a relationship after its memories, observations after
    their session. A namespace that is not here is not made: see `namespace`. A line may have 1 MiB; the body is as long
    as it is. No Idempotency-Key is needed. Secrets are redacted."""
    if namespace is not None:
        await readable(call, (namespace,))
    if namespace is not None and namespace not in call.principal.grants.write:
        raise Problem(403, f"This key can't write to namespace '{namespace}'.")
    return json_response(await importing.run(call, namespace))


async def _from(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in others:
        yield each
