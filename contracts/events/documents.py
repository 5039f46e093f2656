"""What happens to documents."""

from typing import Annotated

from pydantic import Field, model_serializer

from contracts.base import JobId, Metadata, NamespaceKey, Title
from contracts.documents import Chunk, DocumentId, Entity, Fact, MediaType, Number, Section, Sha256, SourceId, Version
from contracts.events.base import EventData


class DocumentIngested(EventData):
    """A document came in, or its next version. Its bytes are in no event: the memory service gives them out."""

    type = "weft.document.ingested.v1"
    verb = "ingested"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    title: Title = Field(description="What it is called")
    source_id: SourceId | None = Field(None, description="What its author calls it elsewhere: a path, a URL")
    media_type: MediaType = Field(description="What its bytes are")
    size: Annotated[int, Field(ge=1)] = Field(description="Of the bytes, how many")
    sha256: Sha256 = Field(description="Of the bytes, in hex")
    metadata: Metadata = Field(default_factory=dict, description="Whatever the client keeps with it")
    job_id: JobId = Field(description="The job that reads it")


class ChunksRecorded(EventData):
    """More chunks and sections of a document's version, in order. They count once it is ready.

    Once a newer version is ready, this is erased: what is kept of an older one is what was found in it.
    """

    type = "weft.document.chunked.v1"
    verb = "chunked"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    first: Number = Field(description="How many chunks the version had before these")
    chunks: tuple[Chunk, ...] = Field(description="Passages, in order")
    first_section: Number = Field(0, description="How many sections the version had before these")
    sections: tuple[Section, ...] = Field((), description="Parts under a heading, in order")


class FindingsRecorded(EventData):
    """More facts that a document's version states, and entities that it speaks of. They count once it is ready."""

    type = "weft.document.analysed.v1"
    verb = "analysed"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    part: Number = Field(description="The place of these among the version's findings, from 0")
    facts: tuple[Fact, ...] = Field((), description="What it says")
    entities: tuple[Entity, ...] = Field((), description="What it speaks of")


class DocumentReady(EventData):
    """A document's version has all its chunks and sections, and takes the place of the one before."""

    type = "weft.document.ready.v1"
    verb = "ready"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    chunks: Number = Field(description="How many chunks it has")
    sections: Number = Field(description="How many sections it has")


class DocumentChanged(EventData):
    """A document's title or metadata was changed. Carries only what did; the other fields are absent, not null."""

    type = "weft.document.changed.v1"
    verb = "changed"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    title: Title | None = Field(None, description="What it is called now")
    metadata: Metadata | None = Field(None, description="Whatever the client keeps with it")

    def changes(self) -> dict[str, object]:
        """The changed fields by name."""
        fields = {"title": self.title, "metadata": self.metadata}
        return {name: value for name, value in fields.items() if value is not None}

    @model_serializer(mode="wrap")
    def _only_what_changed(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


class DocumentRetried(EventData):
    """The job of a document's version is to be done once more."""

    type = "weft.document.retried.v1"
    verb = "retried"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    job_id: JobId = Field(description="The job that reads it again")


class DocumentDeleted(EventData):
    """The document is gone; its earlier events have been erased and say so. With its source_id it may come again."""

    type = "weft.document.deleted.v1"
    verb = "deleted"
    entity = "document"

    document_id: DocumentId = Field(description="The document")


DocumentEvent = (
    DocumentIngested
    | ChunksRecorded
    | FindingsRecorded
    | DocumentReady
    | DocumentChanged
    | DocumentRetried
    | DocumentDeleted
)
