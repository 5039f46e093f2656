"""The read model: memories, their counters, and how full a workspace is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from contracts.base import Brought, Ordering
from contracts.queries import GetNodes, ListMemories
from contracts.replies import Node, Ranks
from services.kit.postgres import Connection, load_sql, row, rows
from services.memory.decisions.plans import Pruning
from services.memory.decisions.state import NOTHING_BROUGHT, MemoryState, Usage

SQL = load_sql("services.memory", "read_model")

_ORDERS: dict[Ordering, str] = {
    "importance_score": "m.importance_score ASC, m.created_at DESC, m.memory_id",
    "-importance_score": "m.importance_score DESC, m.created_at DESC, m.memory_id",
    "created_at": "m.created_at ASC, m.memory_id",
    "-created_at": "m.created_at DESC, m.memory_id",
    "access_count": "coalesce(u.access_count, 0) ASC, m.created_at DESC, m.memory_id",
    "-access_count": "coalesce(u.access_count, 0) DESC, m.created_at DESC, m.memory_id",
    "retrieval_count": "coalesce(u.retrieval_count, 0) ASC, m.created_at DESC, m.memory_id",
    "-retrieval_count": "coalesce(u.retrieval_count, 0) DESC, m.created_at DESC, m.memory_id",
}
DERIVED = ("embedding_status", "pagerank_score", "community_label")
"""Fields of a MemoryState that other services found out; they are in no event."""

_COLUMNS = tuple(each.name for each in fields(MemoryState) if each.name not in ("usage", *DERIVED))
_LIST = {ordering: SQL["list_memories"].replace("{order}", order) for ordering, order in _ORDERS.items()}


async def get(connection: Connection, workspace_id: str, memory_ids: Sequence[str]) -> dict[str, MemoryState]:
    """Those of the memories that are there, by id."""
    found = await rows(connection, SQL["get_memories"], {"workspace_id": workspace_id, "memory_ids": list(memory_ids)})
    return {each["memory_id"]: to_state(each) for each in found}


async def browse(connection: Connection, asked: ListMemories, pruning: Pruning) -> list[MemoryState]:
    """A page, in the asked order; ties by newest, then memory_id."""
    values = {
        "workspace_id": asked.workspace_id,
        "readable": list(asked.readable),
        "memory_type": asked.memory_type,
        "consolidated": asked.consolidated,
        "pruning": asked.pruning_candidates,
        "pruning_importance": pruning.importance_below,
        "retained_since": pruning.made_before,
        "accessed_since": pruning.opened_before,
        "limit": asked.limit,
        "offset": asked.offset,
    }
    return [to_state(each) for each in await rows(connection, _LIST[asked.ordering], values)]


async def put(connection: Connection, workspace_id: str, generation: int, states: Iterable[MemoryState]) -> None:
    memories = [_columns(state) for state in states]
    if memories:
        values = {"workspace_id": workspace_id, "generation": generation, "memories": to_json(memories).decode()}
        await connection.execute(SQL["put_memories"].encode(), values)


async def put_usage(connection: Connection, workspace_id: str, generation: int, usage: Mapping[str, Usage]) -> None:
    if usage:
        listed = [{"memory_id": memory_id, **asdict(counted)} for memory_id, counted in usage.items()]
        values = {"workspace_id": workspace_id, "generation": generation, "usage": to_json(listed).decode()}
        await connection.execute(SQL["put_usage"].encode(), values)


async def drop(connection: Connection, workspace_id: str, generation: int, memory_ids: Sequence[str]) -> None:
    values = {"workspace_id": workspace_id, "generation": generation, "memory_ids": list(memory_ids)}
    for statement in ("drop_memories", "drop_usage", "drop_derived"):
        await connection.execute(SQL[statement].encode(), values)


async def put_embedding_status(
    connection: Connection, workspace_id: str, statuses: Sequence[tuple[str, str, str]]
) -> None:
    """Takes (memory_id, content_hash, status) triples; of deleted memories nothing is kept."""
    memory_id, content_hash, status = zip(*statuses, strict=True)
    values = {
        "workspace_id": workspace_id,
        "memory_id": list(memory_id),
        "content_hash": list(content_hash),
        "status": list(status),
    }
    await connection.execute(SQL["put_embedding_status"].encode(), values)


async def put_ranks(connection: Connection, said: Ranks) -> None:
    """What one part of the ranks names has a rank, what it named before and names no more has none.

    Of deleted memories nothing is kept.
    """
    named = {each.memory_id: each for each in sorted(said.ranks, key=lambda each: each.memory_id)}.values()
    values = {
        "workspace_id": said.workspace_id,
        "part": said.part,
        "parts": said.parts,
        "memory_id": [each.memory_id for each in named],
        "pagerank_score": [each.pagerank_score for each in named],
        "community_label": [each.community_label for each in named],
    }
    await connection.execute(SQL["put_ranks"].encode(), values)


async def get_nodes(connection: Connection, asked: GetNodes) -> list[Node]:
    values = {
        "workspace_id": asked.workspace_id,
        "memory_ids": list(asked.memory_ids),
        "readable": list(asked.readable),
        "consolidated": asked.consolidated,
    }
    return [Node.model_construct(**each) for each in await rows(connection, SQL["get_nodes"], values)]


async def get_workspace(connection: Connection, workspace_id: str) -> dict[str, Any] | None:
    return await row(connection, SQL["get_workspace"], {"workspace_id": workspace_id})


async def get_command(connection: Connection, workspace_id: str, command_id: UUID) -> dict[str, Any] | None:
    return await row(connection, SQL["get_command"], {"workspace_id": workspace_id, "command_id": command_id})


def _columns(state: MemoryState) -> dict[str, Any]:
    return {name: getattr(state, name) for name in _COLUMNS}


def to_state(found: dict[str, Any]) -> MemoryState:
    """A row of get_memories or list_memories."""
    return MemoryState(
        memory_id=found["memory_id"],
        namespace=found["namespace"],
        title=found["title"],
        narrative=found["narrative"],
        memory_type=found["memory_type"],
        tags=tuple(found["tags"]),
        concepts=tuple(found["concepts"]),
        source_files=tuple(found["source_files"]),
        importance_score=found["importance_score"],
        given_importance=found["given_importance"],
        confidence_score=found["confidence_score"],
        source_session_id=found["source_session_id"],
        revision=found["revision"],
        version=found["version"],
        created_at=found["created_at"],
        updated_at=found["updated_at"],
        content_hash=found["content_hash"],
        by_hand=found["by_hand"],
        feedback_positive_count=found["feedback_positive_count"],
        feedback_negative_count=found["feedback_negative_count"],
        recalculated_on=found["recalculated_on"],
        consolidated_from=tuple(found["consolidated_from"]),
        consolidated_into=found["consolidated_into"],
        brought=Brought(**found["brought"]) if found["consolidated_from"] else NOTHING_BROUGHT,
        apart=found["apart"],
        usage=Usage(
            found["access_count"],
            found["retrieval_count"],
            found["last_accessed_at"],
            found["unlogged_accesses"],
            found["unlogged_retrievals"],
        ),
        embedding_status=found["embedding_status"],
        pagerank_score=found["pagerank_score"],
        community_label=found["community_label"],
    )
