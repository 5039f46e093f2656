"""What the server answers about documents, and to questions across documents and memories."""

from datetime import datetime
from typing import Any

from pydantic import Field

from weft.models import Memory, Model


class IngestedDocument(Model):
    """Taken; its job makes chunks of it. `warnings` name the secrets that were redacted."""

    job_id: str
    document_id: str
    warnings: list[str] = Field(default_factory=list)


class Document(Model):
    """`status` (`processing`, `ready`, `empty`, `failed`) is where its newest `version` is; `ready_version` is the one
    that is found at present."""

    document_id: str
    namespace: str
    title: str
    source_id: str | None = None
    media_type: str | None = None
    size: int | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    version: int = 1
    ready_version: int | None = None
    status: str
    chunk_count: int = 0
    section_count: int = 0
    job_id: str | None = None
    revision: int = 1
    created_at: datetime
    updated_at: datetime | None = None
    warnings: list[str] = Field(default_factory=list)


class Chunk(Model):
    """A passage: characters `start` to `end` (not included) of the text, on `page` (from 1) of a PDF."""

    chunk_id: str
    index: int
    text: str
    start: int | None = None
    end: int | None = None
    section_id: str | None = None
    page: int | None = None


class Section(Model):
    section_id: str
    parent_id: str | None = None
    title: str
    level: int
    first_chunk: int
    last_chunk: int


class Fact(Model):
    """What a document says, in one sentence: a `fact`, `preference`, `episode` or `decision`."""

    fact_id: str
    kind: str
    text: str
    confidence: float
    document_id: str | None = None
    chunk_id: str | None = None
    namespace: str | None = None


class Entity(Model):
    """What documents of a namespace speak of, and how often."""

    entity_id: str
    name: str
    kind: str
    mentions: int
    document_count: int | None = None
    namespace: str | None = None


class Result(Model):
    """A memory or a passage of a document: `kind` says which, and in the field of that name (`memory`, `chunk`) it is
    whole. `context` is there for passages in mode `rich`: the headings above, and the text before and after."""

    kind: str
    id: str
    title: str
    text: str
    score: float
    namespace: str | None = None
    document_id: str | None = None
    memory: Memory | None = None
    chunk: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class Citation(Model):
    """What the answer means by [number]."""

    number: int
    kind: str
    id: str


class QueryAnswer(Model):
    """Results, best first. `related` (each with its `memory`, and why) and `facts` are there in mode `rich`. `answer`
    is there where one was asked for and a model could write it; else `warnings` say why not."""

    results: list[Result]
    related: list[dict[str, Any]] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    answer: str | None = None
    citations: list[Citation] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
