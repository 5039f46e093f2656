"""Memories: store, list, get, change, delete, count."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts.base import is_memory_id, memory_id_from
from contracts.commands import (
    DeleteMemories,
    DeleteMemory,
    RateMemory,
    RecordAccess,
    RecordRetrieval,
    ReviseMemory,
    StoreMemory,
    UndoConsolidation,
)
from contracts.queries import GetMemory, ListMemories
from contracts.replies import Deleted, Memory
from services.gateway.api import examples
from services.gateway.api.calls import Reader, Writer, etag
from services.gateway.api.describing import IDEMPOTENCY_KEY, IF_MATCH, answer, reads, takes, writes
from services.gateway.api.finding import readable
from services.gateway.api.ids import MemoryIdInPath, WorkspaceIdInQuery, refuse_malformed
from services.gateway.api.if_match import expected_revision
from services.gateway.api.redacting import without_secrets
from services.gateway.api.relationships import both_ways
from services.gateway.api.session_shapes import Feedback, Rating
from services.gateway.api.shapes import Changes, Doomed, MemoryDetail, NewMemory, Nothing, Page, WrittenMemory
from services.gateway.api.wire.errors import json_response, not_found

router = APIRouter(prefix="/api/v1/memories", tags=["memories"])

_A_MEMORY = answer(Memory, "The memory.", examples.MEMORY_EXAMPLE)


@router.post(
    "/store",
    status_code=201,
    summary="Store a memory",
    responses={
        201: answer(WrittenMemory, "Stored, and on disk.", examples.WRITTEN_MEMORY_EXAMPLE, with_etag=True),
        **writes(404, of_text=True),
    },
    openapi_extra=takes(NewMemory, examples.DRAFT_EXAMPLE, headers=(IDEMPOTENCY_KEY,)),
)
async def store(call: Writer) -> Response:
    """Stores a memory as it is given, without the secrets in it: `warnings` names each kind that was redacted, and the
    field. Its embedding is made afterwards: see `embedding_status`."""
    memory, body = await call.body_as(NewMemory)
    call.refuse_foreign(memory.workspace_id)
    draft, warnings = without_secrets(memory)
    wish = call.wish(body)
    order = StoreMemory(**wish, memory_id=memory_id_from(wish["command_id"]), namespace=memory.namespace, draft=draft)
    return await call.order(order, 201, with_etag=True, warnings=warnings)


@router.get("", include_in_schema=False)
@router.get(
    "/",
    summary="List memories",
    responses={200: answer(list[Memory], "A page of memories.", [examples.MEMORY_EXAMPLE]), **reads(422)},
)
async def browse(call: Reader, page: Annotated[Page, Query()]) -> Response:
    """The memories that the key may read, page by page, by default the most important first. What is folded into
    another is left out, unless `consolidated` asks for it."""
    namespaces = await readable(call, page.namespace or None)
    if call.is_foreign(page.workspace_id):
        return json_response([])
    question = ListMemories(
        workspace_id=call.principal.workspace_id,
        readable=namespaces,
        memory_type=page.memory_type,
        pruning_candidates=page.pruning_candidates,
        consolidated=page.consolidated,
        ordering=page.ordering,
        limit=page.limit,
        offset=page.offset,
    )
    return json_response(await call.ask(question))


@router.post(
    "/batch-delete",
    summary="Delete up to 100 memories",
    responses={
        200: answer(Deleted, "How many were found and deleted.", {"deleted_count": 2}),
        **writes(of_a_memory=False),
    },
    openapi_extra=takes(
        Doomed, {"memory_ids": ["mem-4k8z0c1v7t2q9x5b", "mem-0a1s2d3f4g5h6j7k"]}, headers=(IDEMPOTENCY_KEY,)
    ),
)
async def delete_batch(call: Writer) -> Response:
    """Deletes what there is of the named memories, for good, and passes over the rest."""
    doomed, body = await call.body_as(Doomed)
    call.refuse_foreign(doomed.workspace_id)
    memory_ids = tuple(dict.fromkeys(filter(is_memory_id, doomed.memory_ids)))
    return await call.order(DeleteMemories(**call.wish(body), memory_ids=memory_ids), 200)


@router.get(
    "/{memory_id}",
    summary="Get a memory",
    responses={
        200: answer(MemoryDetail, "The memory and its edges.", examples.DETAIL_EXAMPLE, with_etag=True),
        **reads(404),
    },
)
async def get(call: Reader, memory_id: MemoryIdInPath, workspace_id: WorkspaceIdInQuery = None) -> Response:
    """A memory with its relationships, the most confident first. Counts nothing: see `access`.

    `warnings` says so where the relationships can't be told at present.
    """
    refuse_malformed(memory_id)
    if call.is_foreign(workspace_id):
        raise not_found("Memory", memory_id)
    principal = call.principal
    question = GetMemory(workspace_id=principal.workspace_id, memory_id=memory_id, readable=principal.grants.read)
    relationships = asyncio.create_task(both_ways(call, memory_id))
    try:
        memory = await call.ask(question)
        return json_response({**memory, **await relationships}, headers=etag(memory))
    finally:
        relationships.cancel()


@router.patch(
    "/{memory_id}",
    summary="Change a memory",
    responses={
        200: answer(WrittenMemory, "As it is now.", examples.WRITTEN_MEMORY_EXAMPLE, with_etag=True),
        **writes(404, 412, of_text=True),
    },
    openapi_extra=takes(Changes, {"importance_score": 0.95}, headers=(IDEMPOTENCY_KEY, IF_MATCH)),
)
async def change(call: Writer, memory_id: MemoryIdInPath) -> Response:
    """Changes the fields that are given; a list replaces the whole list. Its ids and its namespace stay. Secrets are
    redacted first, and `warnings` says which."""
    refuse_malformed(memory_id)
    given, body = await call.body_as(Changes)
    call.refuse_foreign(given.workspace_id)
    changes, warnings = without_secrets(given)
    revision = expected_revision(call.request)
    order = ReviseMemory(**call.wish(body), memory_id=memory_id, expected_revision=revision, changes=changes)
    return await call.order(order, 200, with_etag=True, warnings=warnings)


@router.delete(
    "/{memory_id}",
    status_code=204,
    summary="Delete a memory",
    responses={204: {"description": "Gone for good, and its edges with it."}, **writes(404, 412)},
    openapi_extra=takes(headers=(IDEMPOTENCY_KEY, IF_MATCH)),
)
async def delete(call: Writer, memory_id: MemoryIdInPath) -> Response:
    """Deletes a memory for good: it leaves no content behind, anywhere."""
    refuse_malformed(memory_id)
    body = await call.empty_body()
    revision = expected_revision(call.request)
    return await call.order(DeleteMemory(**call.wish(body), memory_id=memory_id, expected_revision=revision), 204)


@router.post(
    "/{memory_id}/access",
    summary="Count an access",
    responses={200: _A_MEMORY, **writes(404)},
    openapi_extra=takes(Nothing, required=False, headers=(IDEMPOTENCY_KEY,)),
)
async def access(call: Writer, memory_id: MemoryIdInPath) -> Response:
    """Says that the memory was opened: counts it, and notes the time."""
    refuse_malformed(memory_id)
    return await call.order(RecordAccess(**call.wish(await call.empty_body()), memory_id=memory_id), 200)


@router.post(
    "/{memory_id}/retrieval",
    summary="Count a retrieval",
    responses={200: _A_MEMORY, **writes(404)},
    openapi_extra=takes(Nothing, required=False, headers=(IDEMPOTENCY_KEY,)),
)
async def retrieval(call: Writer, memory_id: MemoryIdInPath) -> Response:
    """Says that the memory was among the results of a search."""
    refuse_malformed(memory_id)
    return await call.order(RecordRetrieval(**call.wish(await call.empty_body()), memory_id=memory_id), 200)


@router.post(
    "/{memory_id}/feedback",
    status_code=201,
    summary="Rate a memory",
    responses={201: answer(Rating, "Counted.", examples.RATED_EXAMPLE), **writes(404, of_text=True)},
    openapi_extra=takes(Feedback, examples.FEEDBACK_EXAMPLE, headers=(IDEMPOTENCY_KEY,)),
)
async def feedback(call: Writer, memory_id: MemoryIdInPath) -> Response:
    """Says whether the memory was of use: its importance rises by 0.02 or falls by 0.05, between 0 and 1. That is no
    change of the memory: `revision` and `updated_at` stay. Secrets in the context are redacted."""
    refuse_malformed(memory_id)
    given, body = await call.body_as(Feedback)
    call.refuse_foreign(given.workspace_id)
    said, warnings = without_secrets(given)
    order = RateMemory(**call.wish(body), memory_id=memory_id, useful=said.useful, context=said.context)
    return await call.order(order, 201, warnings=warnings)


@router.post(
    "/{memory_id}/unconsolidate",
    summary="Undo a consolidation",
    responses={
        200: answer(
            Memory, "As it is now, with nothing folded into it.", examples.UNCONSOLIDATED_EXAMPLE, with_etag=True
        ),
        **writes(404),
    },
    openapi_extra=takes(Nothing, required=False, headers=(IDEMPOTENCY_KEY,)),
)
async def unconsolidate(call: Writer, memory_id: MemoryIdInPath) -> Response:
    """Takes apart what nightly work has folded into one memory: those it is `consolidated_from` are listed and found
    again, and what its tags, concepts and files have from them goes. None is folded again until its text changes.
    409 (`not_consolidated`) where nothing is folded into the memory."""
    refuse_malformed(memory_id)
    order = UndoConsolidation(**call.wish(await call.empty_body()), memory_id=memory_id)
    return await call.order(order, 200, with_etag=True)
