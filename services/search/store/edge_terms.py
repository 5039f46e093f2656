"""Weft's words in the engine's: configuration, points and conditions for Qdrant Edge."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import qdrant_edge as edge

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
from services.search.store.shapes import Filters, Profile, Vectors

SHOWN = ["memory_id", "importance", "created_at"]


def open_shard(path: Path, profile: Profile) -> edge.EdgeShard:
    if any(path.iterdir()):
        return edge.EdgeShard.load(str(path), edge.EdgeConfig(max_search_threads=1))
    shard = edge.EdgeShard.create(str(path), _config(profile))
    for field in KEYWORD_FIELDS:
        # Only tags are asked for by prefix.
        keyword = edge.KeywordIndexParams(prefix=field == "tags")
        shard.update(edge.UpdateOperation.create_field_index(field, keyword))
    for field in FLOAT_FIELDS:
        shard.update(edge.UpdateOperation.create_field_index(field, edge.PayloadSchemaType.Float))
    return shard


def _config(profile: Profile) -> edge.EdgeConfig:
    """One search thread: a shard that was never optimised is one segment, and each thread would be an idle one more."""
    best_window = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
    dense = profile.model and edge.EdgeVectorParams(
        size=profile.model.dimension, distance=edge.Distance.Cosine, multivector_config=best_window
    )
    return edge.EdgeConfig(
        vectors={DENSE: dense} if dense else None,
        sparse_vectors={WORDS: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        max_search_threads=1,
    )


def query(ask: Ask) -> edge.QueryRequest:
    if isinstance(ask.query, WordVector):
        nearest = edge.Query.Nearest(edge.SparseVector(ask.query.indices, ask.query.values), using=WORDS)
    else:
        nearest = edge.Query.Nearest([ask.query], using=DENSE)
    return edge.QueryRequest(limit=ask.limit, query=nearest, filter=condition(ask.where), with_payload=SHOWN)


def hit(scored: edge.ScoredPoint) -> Hit:
    return Hit(_uuid(scored.id), scored.score, scored.payload or {})


def upsert(points: Sequence[Point]) -> edge.UpdateOperation:
    return edge.UpdateOperation.upsert_points([edge.Point(point.id, _named(point), point.payload) for point in points])


def _named(point: Point) -> dict[str, Any]:
    named: dict[str, Any] = {}
    if point.words is not None:
        named[WORDS] = edge.SparseVector(point.words.indices, point.words.values)
    if point.dense is not None:
        named[DENSE] = rows(point.dense)
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
    must: list[Any] = _wanted(where.filters)
    if where.states is not None:
        must.append(edge.FieldCondition("state", match=edge.MatchAny(list(where.states))))
    if where.ids is not None:
        must.append(edge.HasIdCondition(set(where.ids)))
    if where.content_hash is not None:
        must.append(edge.FieldCondition("content_hash", match=edge.MatchValue(where.content_hash)))
    if where.embedded:
        must.append(edge.HasVectorCondition(DENSE))
    for name, value in (("importance", where.importance), ("created_at", where.created_at)):
        if value is not None:
            must.append(edge.FieldCondition(name, range=edge.RangeFloat(gte=value, lte=value)))
    return edge.Filter(must=must)


def _wanted(filters: Filters) -> list[Any]:
    any_of = {
        "namespace": filters.namespaces,
        "memory_type": filters.memory_types,
        "tags": filters.tags,
        "files": filters.files,
    }
    least = {"importance": filters.min_importance, "confidence": filters.min_confidence}
    must: list[Any] = [
        edge.FieldCondition(name, match=edge.MatchAny(list(values)))
        for name, values in any_of.items()
        if values is not None
    ]
    must += [
        edge.FieldCondition(name, range=edge.RangeFloat(gte=low)) for name, low in least.items() if low is not None
    ]
    if filters.tag_prefixes is not None:
        starts: list[Any] = [
            edge.FieldCondition("tags", match=edge.MatchPrefix(prefix)) for prefix in filters.tag_prefixes
        ]
        must.append(edge.Filter(should=starts))
    return must
