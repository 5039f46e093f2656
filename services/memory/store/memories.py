"""The read model: memories, their counters, and how full a workspace is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from pydantic_core import to_json

from contracts.base import Brought, Ordering
from contracts.queries import GetNodes, ListMemories
from contracts.replies import Node, Ranks
from services.kit.postgres import Connection, load_sql, row
from services.kit.sealing.keys import Keys
from services.kit.sealing.tables import ensure, enter, opened, sealed_rows
from services.memory.decisions.plans import Pruning
from services.memory.decisions.state import NOTHING_BROUGHT, MemoryState, Usage
from services.memory.store.codec import seal, unseal

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

_SEALED = (
    "title",
    "narrative",
    "tags",
    "concepts",
    "source_files",
    "brought",
    "source_session_id",
    "content_hash",
)
_COLUMNS = tuple(each.name for each in fields(MemoryState) if each.name not in ("usage", *DERIVED, *_SEALED))
_LIST = {ordering: SQL["list_memories"].replace("{order}", order) for ordering, order in _ORDERS.items()}


async def get(connection: Connection, workspace_id: str, memory_ids: Sequence[str]) -> dict[str, MemoryState]:
    """Those of the memories that are there, by id."""
    values = {"workspace_id": workspace_id, "memory_ids": list(memory_ids)}
    found = await sealed_rows(connection, workspace_id, SQL["get_memories"], values)
    return {each["memory_id"]: to_state(opened(connection, workspace_id), each) for each in found}


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
    found = await sealed_rows(connection, asked.workspace_id, _LIST[asked.ordering], values)
    return [to_state(opened(connection, asked.workspace_id), each) for each in found]


async def put(connection: Connection, workspace_id: str, generation: int, states: Iterable[MemoryState]) -> None:
    listed = list(states)
    if listed:
        keys = await enter(connection, workspace_id)
        await ensure(connection, keys, (each.memory_id for each in listed))
        memories = [_columns(keys, each) for each in listed]
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
    keys = await enter(connection, workspace_id)
    memory_id, content_hash, status = zip(*statuses, strict=True)
    values = {
        "workspace_id": workspace_id,
        "memory_id": list(memory_id),
        "content_mark": [keys.workspace.mark(each) for each in content_hash],
        "status": list(status),
    }
    await connection.execute(SQL["put_embedding_status"].encode(), values)


async def put_ranks(connection: Connection, said: Ranks) -> None:
    """What one part of the ranks names has a rank, what it named before and names no more has none.

    Of deleted memories nothing is kept.
    """
    keys = await enter(connection, said.workspace_id)
    named = {each.memory_id: each for each in sorted(said.ranks, key=lambda each: each.memory_id)}.values()
    values = {
        "workspace_id": said.workspace_id,
        "part": said.part,
        "parts": said.parts,
        "memory_id": [each.memory_id for each in named],
        "pagerank_score": [each.pagerank_score for each in named],
        "sealed_label": [_sealed_label(keys, each.memory_id, each.community_label) for each in named],
    }
    await connection.execute(SQL["put_ranks"].encode(), values)


async def get_nodes(connection: Connection, asked: GetNodes) -> list[Node]:
    values = {
        "workspace_id": asked.workspace_id,
        "memory_ids": list(asked.memory_ids),
        "readable": list(asked.readable),
        "consolidated": asked.consolidated,
    }
    found = await sealed_rows(connection, asked.workspace_id, SQL["get_nodes"], values)
    return [_to_node(opened(connection, asked.workspace_id), each) for each in found]


async def get_workspace(connection: Connection, workspace_id: str) -> dict[str, Any] | None:
    return await row(connection, SQL["get_workspace"], {"workspace_id": workspace_id})


def content(keys: Keys, found: dict[str, Any]) -> dict[str, Any]:
    """What is sealed in a row of memories: the fields of a MemoryState. Raises Unreadable."""
    memory_id = found["memory_id"]
    keys.learn(memory_id, found["wrapped"])
    return unseal(keys.of(memory_id), found["sealed"], *_place(keys, memory_id, found["version"]))


def _columns(keys: Keys, state: MemoryState) -> dict[str, Any]:
    place = _place(keys, state.memory_id, state.version)
    sealed = seal(keys.of(state.memory_id), {name: getattr(state, name) for name in _SEALED}, *place)
    mark = keys.workspace.mark(state.content_hash)
    return {"sealed": sealed, "content_mark": mark, **{name: getattr(state, name) for name in _COLUMNS}}


def _place(keys: Keys, memory_id: str, version: int) -> tuple[str, ...]:
    return ("memories", keys.workspace.workspace_id, memory_id, str(version))


def _sealed_label(keys: Keys, memory_id: str, label: str | None) -> bytes | None:
    """A community's label is made of what its members say: no one memory's."""
    return None if label is None else keys.workspace.seal(label.encode(), *_of_label(keys, memory_id))


def _label(keys: Keys, found: dict[str, Any]) -> str | None:
    sealed = found["sealed_label"]
    return None if sealed is None else keys.workspace.unseal(sealed, *_of_label(keys, found["memory_id"])).decode()


def _of_label(keys: Keys, memory_id: str) -> tuple[str, ...]:
    return ("community label", keys.workspace.workspace_id, memory_id)


def _to_node(keys: Keys, found: dict[str, Any]) -> Node:
    said = {name: found[name] for name in ("memory_id", "memory_type", "importance_score", "pagerank_score")}
    return Node.model_construct(**said, title=content(keys, found)["title"], community_label=_label(keys, found))


def to_state(keys: Keys, found: dict[str, Any]) -> MemoryState:
    """A row of get_memories or list_memories. Raises Unreadable."""
    said = content(keys, found)
    return MemoryState(
        memory_id=found["memory_id"],
        namespace=found["namespace"],
        title=said["title"],
        narrative=said["narrative"],
        memory_type=found["memory_type"],
        tags=tuple(said["tags"]),
        concepts=tuple(said["concepts"]),
        source_files=tuple(said["source_files"]),
        importance_score=found["importance_score"],
        given_importance=found["given_importance"],
        confidence_score=found["confidence_score"],
        source_session_id=said["source_session_id"],
        revision=found["revision"],
        version=found["version"],
        created_at=found["created_at"],
        updated_at=found["updated_at"],
        content_hash=said["content_hash"],
        by_hand=found["by_hand"],
        feedback_positive_count=found["feedback_positive_count"],
        feedback_negative_count=found["feedback_negative_count"],
        recalculated_on=found["recalculated_on"],
        consolidated_from=tuple(found["consolidated_from"]),
        consolidated_into=found["consolidated_into"],
        brought=Brought(**said["brought"]) if found["consolidated_from"] else NOTHING_BROUGHT,
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
        community_label=_label(keys, found),
    )
