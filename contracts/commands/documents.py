"""What is ordered of documents."""

from typing import Annotated, Self

from pydantic import Field, model_serializer, model_validator

from contracts.base import Counts, JobId, Metadata, NamespaceKey, StrictWord, Title
from contracts.commands.base import Command
from contracts.documents import (
    CHUNKS_A_MESSAGE_MAX,
    DOCUMENT_BYTES_MAX,
    Blob,
    Chunk,
    DocumentId,
    Entity,
    Fact,
    MediaType,
    Number,
    Section,
    Sha256,
    SourceId,
    Version,
    document_id,
    document_job_id,
)


class IngestDocument(Command):
    """Takes a document in, whose bytes wait in BLOBS; they are to have that size and digest.

    With the `source_id` of one that is there, in the same namespace, it is that one's next version.
    """

    entity = "document"
    verb = "ingest"

    namespace: NamespaceKey | None = None
    title: Title
    source_id: SourceId | None = None
    media_type: MediaType
    size: Annotated[int, Field(ge=1, le=DOCUMENT_BYTES_MAX)]
    sha256: Sha256
    metadata: Metadata = Field(default_factory=dict)
    blob: Blob

    @property
    def document_id(self) -> str:
        return document_id(self.workspace_id, self.namespace or self.grants.default, self.source_id, self.command_id)

    @property
    def job_id(self) -> str:
        return document_job_id(self.workspace_id, self.command_id)

    @property
    def entity_id(self) -> str:
        return self.document_id


class DocumentCommand(Command):
    """About a document that is there."""

    entity = "document"

    document_id: DocumentId

    @property
    def entity_id(self) -> str:
        return self.document_id


class DocumentChanges(StrictWord):
    """What its author may change of a document; what is absent stays, and null is not a value."""

    title: Title = None  # type: ignore[assignment]
    metadata: Metadata = None  # type: ignore[assignment]

    def given(self) -> dict[str, object]:
        """Only the fields that were named, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    @model_serializer(mode="wrap")
    def _only_what_was_given(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


class ChangeDocument(DocumentCommand):
    verb = "change"

    expected_revision: Annotated[int, Field(ge=0)] | None = None
    changes: DocumentChanges


class DeleteDocument(DocumentCommand):
    """All versions of it, and all that was made of them."""

    verb = "delete"

    expected_revision: Annotated[int, Field(ge=0)] | None = None


class RetryDocument(DocumentCommand):
    """Has the job of the newest version done once more that had ended without a chunk, or waits."""

    verb = "retry"

    job_id: JobId


class VersionCommand(DocumentCommand):
    """What is made of one version. For services alone. Refused as `outdated_version` once there is a newer one."""

    version: Version


class RecordChunks(VersionCommand):
    """The chunks from index `first` on, without a gap, and the sections from number `first_section` on.

    They come in order (`out_of_order` else); what was recorded before stays as it is, so that saying it again changes
    nothing.
    """

    verb = "chunks"

    first: Number
    chunks: Annotated[tuple[Chunk, ...], Field(max_length=CHUNKS_A_MESSAGE_MAX)]
    first_section: Number = 0
    sections: Annotated[tuple[Section, ...], Field(max_length=CHUNKS_A_MESSAGE_MAX)] = ()

    @model_validator(mode="after")
    def _without_a_gap(self) -> Self:
        if [it.index for it in self.chunks] != list(range(self.first, self.first + len(self.chunks))):
            raise ValueError("the chunks must be numbered from `first` on, without a gap")
        return self


class RecordFindings(VersionCommand):
    """A part (numbered from 0, in order) of what a version's chunks say; a part that was recorded stays as it is."""

    verb = "findings"

    part: Number
    facts: Annotated[tuple[Fact, ...], Field(max_length=CHUNKS_A_MESSAGE_MAX)] = ()
    entities: Annotated[tuple[Entity, ...], Field(max_length=CHUNKS_A_MESSAGE_MAX)] = ()


class FinishDocument(VersionCommand):
    """All of a version is recorded, so many chunks and sections: it is ready, and its job completed."""

    verb = "finish"

    chunks: Annotated[int, Field(ge=1)]
    sections: Number
    counts: Counts = Field(default_factory=dict)


DocumentOrder = (
    IngestDocument | ChangeDocument | DeleteDocument | RetryDocument | RecordChunks | RecordFindings | FinishDocument
)
