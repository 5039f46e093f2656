"""Weft's words in the engine's: configuration, points and conditions for Qdrant Edge."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import qdrant_edge as edge

from services.search.store.conditions import conditions
from services.search.store.engine import (
    DENSE,
    FLOAT_FIELDS,
    KEYWORD_FIELDS,
    WORDS,
    Ask,
    Hit,
    Point,
    Where,
    WordVector,
)
from services.search.store.shapes import Profile, Vectors

SHOWN = ["memory_id", "importance", "created_at"]


GROWN = "grown"
"""A file in the folder of a shard whose fields are indexed."""


def open_shard(path: Path, profile: Profile) -> edge.EdgeShard:
    """A small shard has no index over its fields, and reads from disk what it needs of its vectors when it needs it:
    so it opens in 6 ms and takes 2 MB of memory. Each index, and vectors that are read in beforehand, reserve some MB
    however few points there are: with all of them it takes 70 ms and 118 MB. A grown one is opened like that.
    """
    if not any(path.iterdir()):
        return edge.EdgeShard.create(str(path), _config(profile, edge.Memory.Cold))
    grown = (path / GROWN).exists()
    return edge.EdgeShard.load(str(path), _config(profile, edge.Memory.Cached if grown else edge.Memory.Cold))


def field_indexes() -> list[edge.UpdateOperation]:
    """The steps that index what filters and orders name; for what is indexed already they change nothing."""
    kinds = [(it, edge.PayloadSchemaType.Keyword) for it in KEYWORD_FIELDS]
    kinds += [(it, edge.PayloadSchemaType.Float) for it in FLOAT_FIELDS]
    return [edge.UpdateOperation.create_field_index(field, kind) for field, kind in kinds]


def _config(profile: Profile, memory: edge.Memory) -> edge.EdgeConfig:
    """One search thread: a shard that was never optimised is one segment, and each thread would be an idle one more."""
    best_window = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
    dense = profile.model and edge.EdgeVectorParams(
        size=profile.model.dimension, distance=edge.Distance.Cosine, multivector_config=best_window, memory=memory
    )
    return edge.EdgeConfig(
        vectors={DENSE: dense} if dense else None,
        sparse_vectors=sparse_config(),
        max_search_threads=1,
    )


def query(ask: Ask) -> edge.QueryRequest:
    if isinstance(ask.query, WordVector):
        nearest = edge.Query.Nearest(edge.SparseVector(ask.query.indices, ask.query.values), using=WORDS)
    else:
        nearest = edge.Query.Nearest([ask.query], using=DENSE)
    shown = SHOWN if ask.described else False
    return edge.QueryRequest(limit=ask.limit, query=nearest, filter=condition(ask.where), with_payload=shown)


def hit(scored: edge.ScoredPoint) -> Hit:
    return Hit(_uuid(scored.id), scored.score, scored.payload or {})


def sparse_config() -> dict[str, edge.EdgeSparseVectorParams]:
    return {WORDS: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)}


def puts(points: Sequence[Point], profile: Profile) -> list[edge.UpdateOperation]:
    """The steps that put whole points.

    Several windows are scanned at half the speed if the point was put without any: there is room for one then, and they
    come to lie elsewhere. So as many rows as are expected are put, and deleted at once, which leaves their room.
    """
    row = [0.0] * (profile.model.dimension if profile.model else 0)
    waiting: list[UUID | int | str] = [point.id for point in points if _keeps_room(point)]
    structs = [edge.Point(point.id, _named(point, row), point.payload) for point in points]
    steps = [edge.UpdateOperation.upsert_points(structs)]
    if waiting:
        steps.append(edge.UpdateOperation.delete_vectors(waiting, [DENSE]))
    return steps


def _keeps_room(point: Point) -> bool:
    return point.dense is None and point.expected > 1


def _named(point: Point, row: list[float]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    if point.words is not None:
        named[WORDS] = edge.SparseVector(point.words.indices, point.words.values)
    if point.dense is not None:
        named[DENSE] = rows(point.dense)
    elif _keeps_room(point):
        named[DENSE] = [row] * point.expected
    return named


def rows(dense: Vectors | list[list[float]] | None) -> list[list[float]]:
    return dense.tolist() if isinstance(dense, np.ndarray) else dense or []


def point(record: edge.Record) -> Point:
    vectors: Any = record.vector or {}
    dense: list[list[float]] | None = vectors.get(DENSE)
    return Point(_uuid(record.id), record.payload or {}, dense=dense or None)


def _uuid(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def condition(where: Where) -> edge.Filter:
    return edge.Filter(must=conditions(where, _Words()))


class _Words:
    """Edge's words for conditions (see `conditions`)."""

    def any_of(self, field: str, values: Sequence[str]) -> Any:
        return edge.FieldCondition(field, match=edge.MatchAny(list(values)))

    def between(self, field: str, low: float, high: float | None) -> Any:
        return edge.FieldCondition(field, range=edge.RangeFloat(gte=low, lte=high))

    def ids(self, ids: frozenset[UUID]) -> Any:
        return edge.HasIdCondition(set(ids))

    def has_vector(self, name: str) -> Any:
        return edge.HasVectorCondition(name)
