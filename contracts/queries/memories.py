"""What is asked about memories."""

from typing import Annotated

from pydantic import Field

from contracts.base import MemoryId, MemoryType, NamespaceKey, Ordering, Text
from contracts.queries.base import Offset, WorkspaceQuestion


class GetMemory(WorkspaceQuestion):
    service, name = "memory", "get"

    memory_id: Text
    readable: tuple[NamespaceKey, ...]


class ListMemories(WorkspaceQuestion):
    """A page of memories in a fixed order: `ordering`, then newest, then memory_id.

    With `consolidated` also those that are folded into another.
    """

    service, name = "memory", "list"

    readable: tuple[NamespaceKey, ...]
    memory_type: MemoryType | None = None
    pruning_candidates: bool = False
    consolidated: bool = False
    ordering: Ordering = "-importance_score"
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 50
    offset: Offset = 0


class GetMemories(WorkspaceQuestion):
    """Those of `memory_ids` that are there and readable, in no fixed order."""

    service, name = "memory", "get_many"

    memory_ids: Annotated[tuple[MemoryId, ...], Field(max_length=1_000)]
    readable: tuple[NamespaceKey, ...] | None = None


class GetNodes(WorkspaceQuestion):
    """As GetMemories, but each only as a node of the graph (contracts.replies.Node), without its text.

    Those that are folded into another are left out, except with `consolidated`.
    """

    service, name = "memory", "nodes"

    memory_ids: Annotated[tuple[MemoryId, ...], Field(max_length=5_000)]
    readable: tuple[NamespaceKey, ...]
    consolidated: bool = False


class GetMadeRelationships(WorkspaceQuestion):
    """What was said by hand about a memory, in either direction (contracts.replies.Relationship)."""

    service, name = "memory", "relationships"

    memory_id: Text
