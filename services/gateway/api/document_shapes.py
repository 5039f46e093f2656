"""What comes in and goes out over HTTP about documents, facts and entities."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from contracts.base import Metadata, NamespaceKey, StrictWord, Text, Title, visible
from contracts.commands import DocumentChanges
from contracts.documents import Chunk, EntityKind, FactKind, Section, SourceId
from contracts.replies import Document, FoundEntity, FoundFact
from services.gateway.api.examples import ACCEPTED_EXAMPLE, JOB_ID_EXAMPLE
from services.gateway.api.shapes import OFFSET_MAX, ONLY_NAMESPACES, Namespaces, OwnWorkspace

ContentType = Literal["text", "markdown"]


class AboutDocument(StrictWord):
    """What is said of a document besides its content."""

    title: Title | None = Field(None, description="Absent: the file's name, or the first line of the text.")
    source_id: SourceId | None = Field(
        None, description="What it is called elsewhere. With that of an earlier one, it is that one's next version."
    )
    namespace: NamespaceKey | None = Field(None, description="Where it belongs; the key's default if absent.")
    metadata: Metadata = Field(default_factory=dict, description="Whatever else; at most 16 KiB as JSON, 8 deep.")
    content_type: ContentType | None = Field(None, description="Of a text; absent: what the file says, or markdown.")
    workspace_id: OwnWorkspace | None = None


class NewDocument(AboutDocument):
    """A document as text. At most 10 MiB in UTF-8."""

    content: Annotated[Text, AfterValidator(visible)]


class DocumentPatch(DocumentChanges):
    """The fields to change; what is absent stays as it is."""

    workspace_id: OwnWorkspace | None = None


class TakenIn(BaseModel):
    """A document that was taken in, and the job that makes chunks of it: see `GET /api/v1/jobs/{job_id}`.

    Where it is on disk but not yet decided, there are `command_id` and `status`, too. `warnings` name the secrets that
    were redacted.
    """

    job_id: str
    document_id: str
    warnings: list[str]
    command_id: UUID | None = None
    status: Literal["accepted"] | None = None


class WrittenDocument(Document):
    """A document as it was written. `warnings` name the secrets that were redacted."""

    warnings: list[str]


class _Paged(BaseModel):
    limit: int = Field(50, ge=1, le=500, description="How many at most.")
    offset: int = Field(0, ge=0, le=OFFSET_MAX, description="How many to skip.")
    workspace_id: str | None = Field(None, description="The key's own workspace; any other has nothing to list.")


class DocumentPage(_Paged):
    """Which documents to list."""

    namespaces: Annotated[Namespaces, Field(description=ONLY_NAMESPACES)] = ()


class ChunkPage(_Paged):
    """Which chunks to list."""


class _FindingPage(_Paged):
    namespaces: Annotated[Namespaces, Field(description=ONLY_NAMESPACES)] = ()
    document_id: Text | None = Field(None, description="Only of this document.")
    latest_only: bool = Field(True, description="False: also of earlier versions.")


class FactPage(_FindingPage):
    """Which facts to list."""

    kind: FactKind | None = Field(None, description="Only this kind.")


class EntityPage(_FindingPage):
    """Which entities to list."""

    kind: EntityKind | None = Field(None, description="Only this kind.")


class Documents(BaseModel):
    documents: list[Document]


class Tree(BaseModel):
    """All sections of a document, in the order of its text; `parent_id` says which stands in which."""

    document_id: str
    sections: list[Section]


class Chunks(BaseModel):
    document_id: str
    chunks: list[Chunk]


class Facts(BaseModel):
    facts: list[FoundFact]


class Entities(BaseModel):
    entities: list[FoundEntity]


NEW_DOCUMENT_EXAMPLE = {
    "title": "Runbook of the webhook worker",
    "content": "# Runbook\n\n## When the queue is stuck\n\nRestart the worker. Ask Ada before you purge anything.\n",
    "source_id": "wiki/webhooks/runbook.md",
    "metadata": {"team": "payments"},
}
DOCUMENT_ID_EXAMPLE = "doc-8v3b6n1m4k7j0h2g"
TAKEN_IN_EXAMPLE = {"job_id": JOB_ID_EXAMPLE, "document_id": DOCUMENT_ID_EXAMPLE, "warnings": []}
ACCEPTED_DOCUMENT_EXAMPLE = {
    **{name: ACCEPTED_EXAMPLE[name] for name in ("command_id", "status")},
    "document_id": DOCUMENT_ID_EXAMPLE,
}
DOCUMENT_EXAMPLE: dict[str, Any] = {
    "document_id": DOCUMENT_ID_EXAMPLE,
    "workspace_id": "ws-3n6d1f8h0j2m",
    "namespace": "default",
    "title": NEW_DOCUMENT_EXAMPLE["title"],
    "source_id": NEW_DOCUMENT_EXAMPLE["source_id"],
    "media_type": "text/markdown",
    "size": 91,
    "sha256": "2f1c7c1e0a4b9a6de0b1f7d8c35a6f4e9b20d7c8a1e3f5b7d9c1a3e5f7092b4d",
    "metadata": {"team": "payments"},
    "version": 1,
    "ready_version": 1,
    "status": "ready",
    "chunk_count": 1,
    "section_count": 2,
    "job_id": JOB_ID_EXAMPLE,
    "revision": 1,
    "created_at": "2026-03-20T09:00:00.000000Z",
    "updated_at": None,
}
WRITTEN_DOCUMENT_EXAMPLE = {
    **DOCUMENT_EXAMPLE,
    "revision": 2,
    "updated_at": "2026-03-22T08:00:00.000000Z",
    "warnings": [],
}
_SECTION_IDS = ("sec-1q2w3e4r5t6y7u8i", "sec-9o0p1a2s3d4f5g6h")
TREE_EXAMPLE = {
    "document_id": DOCUMENT_ID_EXAMPLE,
    "sections": [
        {
            "section_id": _SECTION_IDS[0],
            "parent_id": None,
            "title": "Runbook",
            "level": 1,
            "first_chunk": 0,
            "last_chunk": 0,
        },
        {
            "section_id": _SECTION_IDS[1],
            "parent_id": _SECTION_IDS[0],
            "title": "When the queue is stuck",
            "level": 2,
            "first_chunk": 0,
            "last_chunk": 0,
        },
    ],
}
CHUNKS_EXAMPLE = {
    "document_id": DOCUMENT_ID_EXAMPLE,
    "chunks": [
        {
            "chunk_id": "chk-2z4x6c8v0b1n3m5k",
            "index": 0,
            "text": NEW_DOCUMENT_EXAMPLE["content"],
            "start": 0,
            "end": 91,
            "section_id": _SECTION_IDS[0],
            "page": None,
        }
    ],
}
FACTS_EXAMPLE = {
    "facts": [
        {
            "fact_id": "fct-7k5j3h1g9f0d2s4a",
            "kind": "fact",
            "text": "Restart the worker.",
            "confidence": 0.6,
            "chunk_id": "chk-2z4x6c8v0b1n3m5k",
            "document_id": DOCUMENT_ID_EXAMPLE,
            "version": 1,
            "namespace": "default",
            "created_at": "2026-03-20T09:00:01.000000Z",
        }
    ]
}
ENTITIES_EXAMPLE = {
    "entities": [
        {
            "entity_id": "ent-0m9n8b7v6c5x4z3l",
            "name": "Ada",
            "kind": "person",
            "mentions": 1,
            "chunk_ids": ["chk-2z4x6c8v0b1n3m5k"],
            "namespace": "default",
            "document_count": 1,
        }
    ]
}
