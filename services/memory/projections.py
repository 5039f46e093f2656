"""From events to the read model. The write path and the rebuild come through here alike."""

from collections.abc import Sequence

from contracts.events import (
    KeyIssued,
    MemoryDeleted,
    MemoryRevised,
    MemoryStored,
    MemoryUsed,
    RelationshipDeleted,
    RelationshipMade,
    WorkspaceOpened,
)
from services.kit.postgres import Connection
from services.memory.decisions.batch import Recorded
from services.memory.decisions.state import MemoryState, WorkspaceState
from services.memory.store import log, memories, relationships


async def project(
    connection: Connection, state: WorkspaceState, generation: int, recorded: Sequence[Recorded], counted: set[str]
) -> None:
    """Brings one generation of the read model to `state`, which already is what `recorded` led to."""
    changed, used, deleted, related = set[str](), set(counted), list[str](), set[str]()
    for each in recorded:
        match each.event:
            case MemoryStored() | MemoryRevised():
                changed.add(each.stream)
            case MemoryUsed():
                changed.add(each.stream)
                used.add(each.stream)
            case MemoryDeleted():
                deleted.append(each.stream)
            case RelationshipMade() | RelationshipDeleted():
                related.add(each.stream)
            case WorkspaceOpened():
                await log.add_head(connection, state.workspace_id)
                await memories.put_workspace(connection, state.workspace_id, each.event, each.time)
            case KeyIssued():
                await memories.put_key(connection, state.workspace_id, each.event)
            case _:  # an erased event leaves nothing to project
                pass
    await memories.put(connection, state.workspace_id, generation, _alive(state, changed).values())
    usage = {memory_id: found.usage for memory_id, found in _alive(state, used).items()}
    await memories.put_usage(connection, state.workspace_id, generation, usage)
    if deleted:
        await memories.drop(connection, state.workspace_id, generation, deleted)
    if related:
        await project_relationships(connection, state, generation, related)


async def project_relationships(
    connection: Connection, state: WorkspaceState, generation: int, relationship_ids: set[str]
) -> None:
    """Each as it is in the end: it may have been made, deleted and made again meanwhile."""
    alive = {each: found for each in sorted(relationship_ids) if (found := state.made(each)) is not None}
    await relationships.put(connection, state.workspace_id, generation, list(alive.values()))
    gone = sorted(relationship_ids - alive.keys())
    await relationships.drop(connection, state.workspace_id, generation, gone)


def _alive(state: WorkspaceState, memory_ids: set[str]) -> dict[str, MemoryState]:
    found = {memory_id: state.memories.get(memory_id) for memory_id in sorted(memory_ids)}
    return {memory_id: memory for memory_id, memory in found.items() if isinstance(memory, MemoryState)}
