"""Documents, and what was found in them."""

from pydantic import Field

from contracts.base import Metadata, Moment, Word
from contracts.documents import Chunk, DocumentStatus, Entity, Fact, MediaType


class Document(Word):
    """A document as its users see it. `status` is where its newest `version` is; `job_id` is that one's job.

    `ready_version` is what is found and read at present, null until there is one; it has `chunk_count` chunks and
    `section_count` sections. `revision` counts its versions and changes. `size` is in bytes.
    """

    document_id: str
    workspace_id: str
    namespace: str
    title: str
    source_id: str | None = None
    media_type: MediaType
    size: int
    sha256: str
    metadata: Metadata = Field(default_factory=dict)
    version: int
    ready_version: int | None = None
    status: DocumentStatus
    chunk_count: int = 0
    section_count: int = 0
    job_id: str
    revision: int
    created_at: Moment
    updated_at: Moment | None = None


class Ingested(Word):
    """A document that was taken in, and the job that makes chunks of it."""

    job_id: str
    document_id: str


class RecordedVersion(Word):
    """How many chunks, sections and parts of findings of a version are recorded now."""

    document_id: str
    version: int
    chunks: int
    sections: int
    parts: int


class ContentPart(Word):
    """One of the `parts` of a document's bytes (contracts.documents.CONTENT_PART_BYTES each), base64."""

    document_id: str
    version: int
    part: int
    parts: int
    data: str


class FoundChunk(Chunk):
    """A chunk with its document. `section_path` are the titles that it stands under, the outermost first."""

    document_id: str
    version: int
    namespace: str
    title: str
    source_id: str | None = None
    media_type: MediaType
    section_path: tuple[str, ...] = ()
    chunk_count: int
    created_at: Moment


class FoundFact(Fact):
    """A fact, and which version of which document says it."""

    document_id: str
    version: int
    namespace: str
    created_at: Moment


class FoundEntity(Entity):
    """What documents of a namespace speak of; `mentions` and `document_count` over all of those that were asked for."""

    namespace: str
    document_count: int
