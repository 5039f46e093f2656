"""What the server answers about documents."""

from typing import Any

from pydantic import Field

from weft.models import Model


class IngestedDocument(Model):
    """Taken; its job reads it."""

    job_id: str
    document_id: str


class Document(Model):
    document_id: str
    namespace: str
    title: str | None = None
    source_id: str | None = None
    version: int = 1
    status: str | None = None


class Chunk(Model):
    text: str


class Tree(Model):
    document_id: str
    sections: list[Any] = Field(default_factory=list)


class Result(Model):
    """A memory or a part of a document. `score` in [0, 1]."""

    id: str
    score: float
    title: str | None = None


class QueryAnswer(Model):
    """`answer` is there where a model wrote one."""

    results: list[Result]
    answer: str | None = None
    warnings: list[str] = Field(default_factory=list)


class Found(Model):
    results: list[Result]
    warnings: list[str] = Field(default_factory=list)


class Fact(Model):
    kind: str
    text: str
    confidence: float


class Entity(Model):
    name: str
