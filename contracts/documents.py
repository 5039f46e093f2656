"""Values that messages about documents are made of, with their limits: the document, and what is made of its text.

A document has a `version`, 1 at first; what comes with the `source_id` of an earlier one in the same namespace is its
next. Numbers of chunks, sections, parts and characters begin at 0.
"""

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from contracts.base import Name, Score, StrictWord, Text, Title, Word, derived_id, short_id, visible

DOCUMENT_BYTES_MAX = 10_485_760
CONTENT_PART_BYTES = 1_048_576
"""A document's bytes are kept and read in parts of this size; the last one may be shorter."""
CHUNKS_A_MESSAGE_MAX = 1_000
CHUNKS_BYTES_MAX = 524_288
"""What orders chunks or findings is to be shorter than this as JSON."""

DocumentId = Annotated[str, StringConstraints(pattern=r"^doc-[a-z0-9]{16}$")]
ChunkId = Annotated[str, StringConstraints(pattern=r"^chk-[a-z0-9]{16}$")]
SectionId = Annotated[str, StringConstraints(pattern=r"^sec-[a-z0-9]{16}$")]
FactId = Annotated[str, StringConstraints(pattern=r"^fct-[a-z0-9]{16}$")]
EntityId = Annotated[str, StringConstraints(pattern=r"^ent-[a-z0-9]{16}$")]
SourceId = Annotated[Text, StringConstraints(min_length=1, max_length=512), AfterValidator(visible)]
"""What its author calls a document elsewhere: a path, a URL."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[int, Field(ge=0)]
Version = Annotated[int, Field(ge=1)]

MediaType = Literal["text/plain", "text/markdown", "application/pdf"]
DocumentStatus = Literal["processing", "ready", "empty", "failed"]
"""Where its newest version is; the job says why. What was ready before is found until the newest is."""
FoundKind = Literal["memory", "chunk"]
"""What a search over all that a workspace knows may find."""
FactKind = Literal["fact", "preference", "episode", "decision"]
EntityKind = Literal["person", "organisation", "place", "technology", "file", "identifier", "concept"]


class Blob(StrictWord):
    """Where a document's bytes are on their way in: an object of the bucket BLOBS; its chunks bear `nuid`."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    nuid: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,64}$")]


class Chunk(Word):
    """A passage: characters `start` to `end` (not included) of the document's text, on `page` (from 1) of a PDF."""

    chunk_id: ChunkId = Field(description="The passage")
    index: Number = Field(description="Its place in the document, from 0")
    text: Annotated[Text, StringConstraints(min_length=1, max_length=4_096)] = Field(description="What it says")
    start: Number = Field(description="Its first character in the document's text, from 0")
    end: Number = Field(description="The character after its last")
    section_id: SectionId | None = Field(None, description="The section that it is in")
    page: Annotated[int, Field(ge=1)] | None = Field(None, description="The page of a PDF, from 1")


class Section(Word):
    """A part of a document under a heading: its chunks, those of its subsections among them, by their indexes."""

    section_id: SectionId = Field(description="The section")
    parent_id: SectionId | None = Field(None, description="The section that it is a part of")
    title: Title = Field(description="Its heading")
    level: Annotated[int, Field(ge=1)] = Field(description="How deep it is, from 1")
    first_chunk: Number = Field(description="The index of its first chunk")
    last_chunk: Number = Field(description="The index of its last chunk")


class Fact(Word):
    """What a document says, in one sentence, and how sure it is that it does."""

    fact_id: FactId = Field(description="The fact")
    kind: FactKind = Field(description="What kind of statement it is")
    text: Annotated[Text, StringConstraints(min_length=1, max_length=2_000), AfterValidator(visible)] = Field(
        description="What is said, in one sentence"
    )
    confidence: Score = Field(description="How sure it is that the document says so")
    chunk_id: ChunkId = Field(description="The passage that says so")


class Entity(Word):
    """What a document speaks of: how often, and in which of its chunks (at most 100 of them)."""

    entity_id: EntityId = Field(description="The entity: the same in all documents of a namespace")
    name: Name = Field(description="What it is called")
    kind: EntityKind = Field(description="What kind of thing it is")
    mentions: Annotated[int, Field(ge=1)] = Field(description="How often the document speaks of it")
    chunk_ids: Annotated[tuple[ChunkId, ...], Field(max_length=100)] = Field(
        description="Passages that do, at most 100"
    )


def document_id(workspace_id: str, namespace: str, source_id: str | None, command_id: UUID) -> str:
    """The same for all that came with one `source_id` into one namespace; without one, that of the wish alone."""
    if source_id is None:
        return f"doc-{short_id(command_id, 16)}"
    return f"doc-{short_id(derived_id('document', workspace_id, namespace, source_id), 16)}"


def document_job_id(workspace_id: str, command_id: UUID) -> str:
    """The job of the version that a wish brought."""
    return f"job-{short_id(derived_id('document job', workspace_id, str(command_id)), 16)}"


def chunk_id(workspace_id: str, document: str, version: int, index: int) -> str:
    """There is one for each chunk of each version, so the text that it names never changes."""
    return f"chk-{short_id(derived_id('chunk', workspace_id, document, str(version), str(index)), 16)}"


def section_id(workspace_id: str, document: str, version: int, number: int) -> str:
    """`number`: its place among the version's sections, in the order of the text."""
    return f"sec-{short_id(derived_id('section', workspace_id, document, str(version), str(number)), 16)}"


def fact_id(workspace_id: str, document: str, version: int, number: int) -> str:
    """`number`: its place among the version's facts."""
    return f"fct-{short_id(derived_id('fact', workspace_id, document, str(version), str(number)), 16)}"


def entity_id(workspace_id: str, namespace: str, kind: EntityKind, name: str) -> str:
    """One for all documents of a namespace that speak of it, in whatever case and spacing."""
    written = " ".join(name.casefold().split())
    return f"ent-{short_id(derived_id('entity', workspace_id, namespace, kind, written), 16)}"


def chunk_point(workspace_id: str, chunk: str) -> UUID:
    """A chunk's point in the index."""
    return derived_id("chunk point", workspace_id, chunk)


def is_document_id(text: str) -> bool:
    return re.fullmatch(r"doc-[a-z0-9]{16}", text) is not None
