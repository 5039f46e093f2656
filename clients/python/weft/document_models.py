"""What the server answers about documents, and to questions across documents and memories."""

from datetime import datetime
from typing import Any

from pydantic import Field

from weft.models import Model


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
    """A memory or a passage of a document; what else is said of it depends on which."""

    id: str
    score: float
    title: str | None = None
    summary: str | None = None
    text: str | None = None


class QueryAnswer(Model):
    """Results, best first. `answer` is there where one was asked for and a model could write it."""

    results: list[Result]
    answer: Any = None
    warnings: list[str] = Field(default_factory=list)
