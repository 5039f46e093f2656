"""Weft's words in the client's: configuration, points and conditions for a Qdrant server."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from qdrant_client import models

from services.search.store.conditions import conditions
from services.search.store.engine import DENSE, LIVE, WORDS, Ask, Hit, Point, Where, WordVector
from services.search.store.shapes import Model, Profile

SHOWN = ["memory_id", "importance", "created_at"]


def vectors_config(profile: Profile) -> dict[str, models.VectorParams]:
    if profile.model is None:
        return {}
    best_window = models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM)
    size = profile.model.dimension
    return {DENSE: models.VectorParams(size=size, distance=models.Distance.COSINE, multivector_config=best_window)}


def sparse_config() -> dict[str, models.SparseVectorParams]:
    return {WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)}


def metadata(profile: Profile) -> dict[str, Any]:
    model = profile.model
    return {
        "model": model.name if model else None,
        "dimension": model.dimension if model else 0,
        "avg_len": profile.avg_len,
        "generation": profile.generation,
        "marks": profile.marks,
    }


def profile(said: dict[str, Any]) -> Profile:
    model = Model(said["model"], said["dimension"]) if said.get("model") else None
    return Profile(model, said["avg_len"], said["generation"], said.get("marks", ""))


def query(ask: Ask) -> models.QueryRequest:
    if isinstance(ask.query, WordVector):
        sought: Any = models.SparseVector(indices=ask.query.indices, values=ask.query.values)
        using = WORDS
    else:
        sought, using = [ask.query], DENSE
    shown = SHOWN if ask.described else False
    return models.QueryRequest(
        query=sought, using=using, filter=condition(ask.where), limit=ask.limit, with_payload=shown
    )


def hit(scored: models.ScoredPoint) -> Hit:
    return Hit(UUID(str(scored.id)), scored.score, scored.payload or {})


def struct(point: Point) -> models.PointStruct:
    named: dict[str, Any] = {}
    if point.words is not None:
        named[WORDS] = models.SparseVector(indices=point.words.indices, values=point.words.values)
    if point.dense is not None:
        named[DENSE] = rows(point)
    return models.PointStruct(id=str(point.id), vector=named, payload=point.payload)


def rows(point: Point) -> list[list[float]]:
    return point.dense.tolist() if isinstance(point.dense, np.ndarray) else point.dense or []


def point(record: models.Record) -> Point:
    vectors: Any = record.vector or {}
    return Point(UUID(str(record.id)), record.payload or {}, dense=vectors.get(DENSE) or None)


def condition(where: Where) -> models.Filter:
    return models.Filter(must=conditions(where, _Words()))


def older_than(version: int) -> models.Filter:
    return models.Filter(must=[models.FieldCondition(key="version", range=models.Range(lt=version))])


def still(point_id: UUID, content_hash: str) -> models.Filter:
    """That one point, while it has this content."""
    same = models.FieldCondition(key="content_hash", match=models.MatchValue(value=content_hash))
    return models.Filter(must=[models.HasIdCondition(has_id=[str(point_id)]), same])


def live(point_id: UUID) -> models.Filter:
    """That one point, unless it is a tombstone."""
    one = models.HasIdCondition(has_id=[str(point_id)])
    return models.Filter(must=[one, models.FieldCondition(key="state", match=models.MatchAny(any=list(LIVE)))])


class _Words:
    """The client's words for conditions (see `conditions`)."""

    def any_of(self, field: str, values: Sequence[str]) -> models.Condition:
        return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))

    def between(self, field: str, low: float, high: float | None) -> models.Condition:
        return models.FieldCondition(key=field, range=models.Range(gte=low, lte=high))

    def ids(self, ids: frozenset[UUID]) -> models.Condition:
        return models.HasIdCondition(has_id=[str(point_id) for point_id in ids])

    def has_vector(self, name: str) -> models.Condition:
        return models.HasVectorCondition(has_vector=name)
