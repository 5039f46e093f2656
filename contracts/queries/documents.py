"""What is asked about documents."""

from typing import Annotated

from pydantic import Field

from contracts.base import Text
from contracts.documents import ChunkId, EntityKind, FactKind, Number, Version
from contracts.queries.base import Offset, PageSize, Question, Readable, WorkspaceQuestion


class GetDocument(WorkspaceQuestion):
    """contracts.replies.Document"""

    service, name = "memory", "document"

    document_id: Text
    readable: Readable = None


class ListDocuments(WorkspaceQuestion):
    """A page of documents (contracts.replies.Document), the newest first."""

    service, name = "memory", "documents"

    readable: Readable = None
    limit: PageSize = 50
    offset: Offset = 0


class GetTree(WorkspaceQuestion):
    """All sections (contracts.documents.Section) of a document's ready version, in the order of the text."""

    service, name = "memory", "document_tree"

    document_id: Text
    readable: Readable = None


class ListChunks(WorkspaceQuestion):
    """Chunks (contracts.documents.Chunk) of a document's ready version, in order."""

    service, name = "memory", "document_chunks"

    document_id: Text
    readable: Readable = None
    limit: PageSize = 100
    offset: Offset = 0


class GetChunks(WorkspaceQuestion):
    """Those of the chunks that are of a ready version, and readable (contracts.replies.FoundChunk), in any order."""

    service, name = "memory", "chunks"

    chunk_ids: Annotated[tuple[ChunkId, ...], Field(max_length=1_000)]
    readable: Readable = None


class ReadContent(WorkspaceQuestion):
    """One part of a version's bytes (contracts.replies.ContentPart), as long as they are kept. For services alone."""

    service, name = "memory", "document_content"

    document_id: Text
    version: Version
    part: Number = 0


class ListFacts(WorkspaceQuestion):
    """A page of facts (contracts.replies.FoundFact): the newest document's first, there in the order of its text.

    With `latest_only` those of ready versions; else those of earlier ones too. `chunk_ids`: only what they say.
    """

    service, name = "memory", "facts"

    readable: Readable = None
    document_id: Text | None = None
    kind: FactKind | None = None
    chunk_ids: Annotated[tuple[ChunkId, ...], Field(max_length=1_000)] | None = None
    latest_only: bool = True
    limit: PageSize = 50
    offset: Offset = 0


class ListEntities(WorkspaceQuestion):
    """A page of entities (contracts.replies.FoundEntity), each once a namespace, the most mentioned first."""

    service, name = "memory", "entities"

    readable: Readable = None
    document_id: Text | None = None
    kind: EntityKind | None = None
    chunk_ids: Annotated[tuple[ChunkId, ...], Field(max_length=1_000)] | None = None
    latest_only: bool = True
    limit: PageSize = 50
    offset: Offset = 0


class EveryLibrary(Question):
    """The workspaces with documents that are ready, each with the count of those."""

    service, name = "memory", "libraries"
