"""Jobs: what goes on by itself after a request was answered, as a list, one by one, and as it happens."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query
from fastapi.sse import format_sse_event
from pydantic_core import to_json
from starlette.responses import Response

from contracts.commands import RetryDocument, RetryExtraction
from contracts.queries import GetJob, ListJobs
from contracts.replies import Job
from services.gateway.api import examples
from services.gateway.api.calls import Call, Reader, Writer
from services.gateway.api.describing import IDEMPOTENCY_KEY, answer, reads, takes, writes
from services.gateway.api.finding import readable
from services.gateway.api.ids import JobIdInPath, WorkspaceIdInQuery, refuse_malformed_job
from services.gateway.api.session_shapes import JobPage
from services.gateway.api.shapes import Nothing
from services.gateway.api.streaming import SILENCE_S, STILL_HERE, Stream
from services.gateway.api.wire.errors import Problem, json_response, not_found
from services.kit.errors import Unavailable

log = structlog.get_logger()

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])

FINAL = ("completed", "empty", "failed")
FOLLOW_FOR_S = 600.0
LOOK_EVERY_S = 0.5


@router.get(
    "",
    summary="List jobs",
    responses={200: answer(list[Job], "A page of jobs.", [examples.JOB_EXAMPLE]), **reads(422)},
)
async def browse(call: Reader, page: Annotated[JobPage, Query()]) -> Response:
    """The jobs of the namespaces that the key may read, the newest first."""
    namespaces = await readable(call, page.namespace or None)
    if call.is_foreign(page.workspace_id):
        return json_response([])
    question = ListJobs(
        workspace_id=call.principal.workspace_id,
        readable=namespaces,
        status=page.status,
        limit=page.limit,
        offset=page.offset,
    )
    return json_response(await call.ask(question))


@router.get(
    "/{job_id}",
    summary="Get a job",
    responses={200: answer(Job, "Where it is.", examples.JOB_EXAMPLE), **reads(404)},
)
async def get(call: Reader, job_id: JobIdInPath, workspace_id: WorkspaceIdInQuery = None) -> Response:
    """`queued`, `running`, `waiting` (for a quota; see `reason`), and in the end `completed`, `empty` (no memory came
    of it; see `reason`) or `failed` (see `error`)."""
    return json_response(await _job(call, job_id, workspace_id))


_EVENTS = {
    "description": "An event `job` with the whole job at once, and then whenever it changes. It ends with the job.",
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "example": f"event: job\ndata: {to_json(examples.JOB_EXAMPLE).decode()}\n\n",
        }
    },
}


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    responses={200: _EVENTS, **reads(404)},
)
async def follow(call: Reader, job_id: JobIdInPath, workspace_id: WorkspaceIdInQuery = None) -> Response:
    """Server-sent events: the job as it is, and again whenever it changes, until it has ended, or for ten minutes."""
    found = await _job(call, job_id, workspace_id)
    return Stream(call.gate.streams, call.principal.actor, _changes(call, found))


@router.post(
    "/{job_id}/retry",
    summary="Try a job once more",
    responses={200: answer(Job, "Queued.", examples.JOB_EXAMPLE), **writes(404, of_a_memory=False)},
    openapi_extra=takes(Nothing, required=False, headers=(IDEMPOTENCY_KEY,)),
)
async def retry(call: Writer, job_id: JobIdInPath) -> Response:
    """Queues the job of a session or of a document's newest version again that failed, came out empty, or waits. What
    it stored before is not stored twice. Any other is 409: one that is under way or done, and nightly work (it has a
    `day`), which comes again by itself the next night, or when an operator asks for it."""
    body = await call.empty_body()
    job = await _job(call, job_id, None)
    if job["document_id"] is not None:
        return await call.order(RetryDocument(**call.wish(body), document_id=job["document_id"], job_id=job_id), 200)
    if job["session_id"] is None:
        raise Problem(409, f"Job '{job_id}' is nightly work and can't be retried.", code="job_not_retryable")
    return await call.order(RetryExtraction(**call.wish(body), session_id=job["session_id"]), 200)


async def _job(call: Call, job_id: str, workspace_id: str | None) -> dict[str, Any]:
    refuse_malformed_job(job_id)
    if call.is_foreign(workspace_id):
        raise not_found("Job", job_id)
    principal = call.principal
    asked = GetJob(workspace_id=principal.workspace_id, job_id=job_id, readable=principal.grants.read)
    found: dict[str, Any] = await call.ask(asked)
    return found


async def _changes(call: Call, found: dict[str, Any]) -> AsyncGenerator[bytes, None]:
    """The job as it is, then each change, until it has ended. Where it can't be asked for, that may be over soon."""
    yield _event(found)
    begun = said = time.monotonic()
    while found["status"] not in FINAL and time.monotonic() - begun < FOLLOW_FOR_S:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            now_is = await _job(call, found["job_id"], None)
        except Unavailable as fault:
            log.warning("a job can't be followed at present", fault=str(fault))
            now_is = found
        if now_is != found:
            found, said = now_is, time.monotonic()
            yield _event(found)
        elif time.monotonic() - said >= SILENCE_S:
            said = time.monotonic()
            yield STILL_HERE


def _event(job: dict[str, Any]) -> bytes:
    return format_sse_event(event="job", data_str=to_json(job).decode())
