"""Documents: taken in, listed, read, changed, deleted."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts import subjects
from contracts.commands import ChangeDocument, DeleteDocument, DocumentChanges, IngestDocument
from contracts.documents import Blob
from contracts.queries import GetDocument, GetTree, ListChunks, ListDocuments
from contracts.replies import Document
from services.gateway.api.calls import Call, KeyReader, KeyWriter, accepted_content, etag
from services.gateway.api.describing import (
    BY_API_KEY,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    answer,
    reads,
    schema_of,
    takes,
    writes,
)
from services.gateway.api.document_shapes import (
    ACCEPTED_DOCUMENT_EXAMPLE,
    CHUNKS_EXAMPLE,
    DOCUMENT_EXAMPLE,
    NEW_DOCUMENT_EXAMPLE,
    TAKEN_IN_EXAMPLE,
    TREE_EXAMPLE,
    WRITTEN_DOCUMENT_EXAMPLE,
    AboutDocument,
    ChunkPage,
    Chunks,
    DocumentPage,
    DocumentPatch,
    Documents,
    NewDocument,
    TakenIn,
    Tree,
    WrittenDocument,
)
from services.gateway.api.finding import readable
from services.gateway.api.ids import DocumentIdInPath, WorkspaceIdInQuery, refuse_malformed_document
from services.gateway.api.if_match import expected_revision
from services.gateway.api.ingesting import Incoming, read_document
from services.gateway.api.redacting import without_secrets
from services.gateway.api.refusals import body_of
from services.gateway.api.shapes import Accepted
from services.gateway.api.wire.errors import json_response, not_found
from services.gateway.api.wire.multipart import MULTIPART

router = APIRouter(prefix="/v1/documents", tags=["documents"])

_ACCEPTED = answer(Accepted, "On disk, and not yet decided: follow `Location`.", ACCEPTED_DOCUMENT_EXAMPLE)


def _takes_a_document() -> dict[str, Any]:
    """JSON, or a form with a file."""
    said = takes(NewDocument, NEW_DOCUMENT_EXAMPLE, headers=(IDEMPOTENCY_KEY,))
    form = schema_of(AboutDocument)
    file = {"type": "string", "format": "binary", "description": "Text, Markdown or PDF, at most 10 MiB."}
    form["properties"] = {"file": file, **form["properties"]}
    form["properties"]["metadata"] = {"type": "string", "description": "A JSON object."}
    said["requestBody"]["content"][MULTIPART] = {"schema": {**form, "required": ["file"]}}
    return said


@router.post(
    "/ingest",
    status_code=202,
    summary="Take a document in",
    responses={
        **writes(404, of_a_memory=False),
        202: answer(TakenIn, "On disk; a job makes chunks of it.", TAKEN_IN_EXAMPLE),
    },
    openapi_extra={**BY_API_KEY, **_takes_a_document()},
)
async def ingest(call: KeyWriter) -> Response:
    """Takes in a text, a Markdown file or a PDF, as JSON or as a form with a file. The job cuts it into chunks that are
    searched with memories, and finds the sections, facts and entities in it. With the `source_id` of an earlier
    document in that namespace it is its next version, which is found once it is ready. Secrets in what is said of it
    are redacted; its content is kept as it came."""
    async with call.gate.taking_in:
        incoming = await read_document(call.request)
        call.refuse_foreign(incoming.about.workspace_id)
        order, warnings = await _order(call, incoming)
    answered = await call.carry_out(order)
    if answered is None:
        content, headers = accepted_content(order)
        return json_response({**content, "job_id": order.job_id, "warnings": warnings}, 202, headers)
    headers = {"Location": f"/api/v1/jobs/{order.job_id}"}
    return json_response({**body_of(answered), "warnings": warnings}, 202, headers)


async def _order(call: Call, incoming: Incoming) -> tuple[IngestDocument, list[str]]:
    """The order, once its bytes are in BLOBS. Raises NotStored."""
    about, warnings = without_secrets(incoming.about.model_copy(update={"title": incoming.title}))
    name = str(uuid4())
    nuid = await call.gate.bus.put_object(subjects.BLOBS_BUCKET, name, incoming.content)
    order = IngestDocument(
        **call.wish(incoming.as_said()),
        namespace=about.namespace,
        title=about.title or incoming.title,
        source_id=about.source_id,
        media_type=incoming.media_type,
        size=len(incoming.content),
        sha256=incoming.sha256,
        metadata=about.metadata,
        blob=Blob(name=name, nuid=nuid),
    )
    return order, warnings


@router.get(
    "",
    summary="List documents",
    responses={
        200: answer(Documents, "A page of documents.", {"documents": [DOCUMENT_EXAMPLE]}),
        **reads(403, 404, 422),
    },
    openapi_extra=BY_API_KEY,
)
async def browse(call: KeyReader, page: Annotated[DocumentPage, Query()]) -> Response:
    """The documents that the key may read, the newest first."""
    namespaces = await readable(call, page.namespaces or None)
    if call.is_foreign(page.workspace_id):
        return json_response({"documents": []})
    question = ListDocuments(
        workspace_id=call.principal.workspace_id, readable=namespaces, limit=page.limit, offset=page.offset
    )
    return json_response({"documents": await call.ask(question)})


@router.get(
    "/{document_id}",
    summary="Get a document",
    responses={200: answer(Document, "The document.", DOCUMENT_EXAMPLE, with_etag=True), **reads(404)},
    openapi_extra=BY_API_KEY,
)
async def get(call: KeyReader, document_id: DocumentIdInPath, workspace_id: WorkspaceIdInQuery = None) -> Response:
    """What it is called, which version is the newest and which is found, how many chunks that has, and how the newest
    is getting on: `processing`, `ready`, `empty` or `failed`. The job says why."""
    _refuse(call, document_id, workspace_id)
    principal = call.principal
    question = GetDocument(workspace_id=principal.workspace_id, document_id=document_id, readable=principal.grants.read)
    document = await call.ask(question)
    return json_response(document, headers=etag(document))


@router.get(
    "/{document_id}/tree",
    summary="Get a document's sections",
    responses={200: answer(Tree, "Its sections.", TREE_EXAMPLE), **reads(404)},
    openapi_extra=BY_API_KEY,
)
async def tree(call: KeyReader, document_id: DocumentIdInPath, workspace_id: WorkspaceIdInQuery = None) -> Response:
    """All sections of the version that is ready, in the order of the text, each with its first and last chunk."""
    _refuse(call, document_id, workspace_id)
    principal = call.principal
    question = GetTree(workspace_id=principal.workspace_id, document_id=document_id, readable=principal.grants.read)
    return json_response({"document_id": document_id, "sections": await call.ask(question)})


@router.get(
    "/{document_id}/chunks",
    summary="List a document's chunks",
    responses={200: answer(Chunks, "A page of its chunks.", CHUNKS_EXAMPLE), **reads(404, 422)},
    openapi_extra=BY_API_KEY,
)
async def chunks(call: KeyReader, document_id: DocumentIdInPath, page: Annotated[ChunkPage, Query()]) -> Response:
    """The chunks of the version that is ready, in the order of the text."""
    _refuse(call, document_id, page.workspace_id)
    principal = call.principal
    question = ListChunks(
        workspace_id=principal.workspace_id,
        document_id=document_id,
        readable=principal.grants.read,
        limit=page.limit,
        offset=page.offset,
    )
    return json_response({"document_id": document_id, "chunks": await call.ask(question)})


@router.patch(
    "/{document_id}",
    summary="Change a document",
    responses={
        200: answer(WrittenDocument, "As it is now.", WRITTEN_DOCUMENT_EXAMPLE, with_etag=True),
        **writes(404, 412, of_a_memory=False),
        202: _ACCEPTED,
    },
    openapi_extra={**BY_API_KEY, **takes(DocumentPatch, {"title": "Runbook"}, headers=(IDEMPOTENCY_KEY, IF_MATCH))},
)
async def change(call: KeyWriter, document_id: DocumentIdInPath) -> Response:
    """Changes the title or the metadata, which is replaced as a whole. Another content is another version: see
    `POST /v1/documents/ingest`."""
    refuse_malformed_document(document_id)
    given, body = await call.body_as(DocumentPatch)
    call.refuse_foreign(given.workspace_id)
    clean, warnings = without_secrets(given)
    named = {name: getattr(clean, name) for name in clean.model_fields_set & DocumentChanges.model_fields.keys()}
    order = ChangeDocument(
        **call.wish(body),
        document_id=document_id,
        expected_revision=expected_revision(call.request),
        changes=DocumentChanges(**named),
    )
    return await call.order(order, 200, with_etag=True, warnings=warnings)


@router.delete(
    "/{document_id}",
    status_code=204,
    summary="Delete a document",
    responses={
        204: {"description": "Gone for good, with all its versions and all that was made of them."},
        **writes(404, 412, of_a_memory=False),
        202: _ACCEPTED,
    },
    openapi_extra={**BY_API_KEY, **takes(headers=(IDEMPOTENCY_KEY, IF_MATCH))},
)
async def delete(call: KeyWriter, document_id: DocumentIdInPath) -> Response:
    """Deletes a document for good: its content, chunks, facts and entities are nowhere any more."""
    refuse_malformed_document(document_id)
    body = await call.empty_body()
    revision = expected_revision(call.request)
    return await call.order(DeleteDocument(**call.wish(body), document_id=document_id, expected_revision=revision), 204)


def _refuse(call: Call, document_id: str, workspace_id: str | None) -> None:
    """Raises Problem (404) for what can't be a document of the key's workspace."""
    refuse_malformed_document(document_id)
    if call.is_foreign(workspace_id):
        raise not_found("Document", document_id)
