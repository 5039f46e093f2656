"""From events to the read model. The write path and the rebuild come through here alike."""

from collections.abc import Sequence

from contracts.events import (
    AnyEvent,
    ExtractionRetried,
    JobChanged,
    KeyIssued,
    MemoryConsolidated,
    MemoryDeleted,
    MemoryFolded,
    MemoryImported,
    MemoryRated,
    MemoryRecalculated,
    MemoryRevised,
    MemoryStored,
    MemoryUsed,
    ObservationsRecorded,
    RelationshipDeleted,
    RelationshipMade,
    SessionEnded,
    SessionImported,
    SessionStarted,
    WorkspaceAssigned,
    WorkspaceOpened,
)
from services.kit.postgres import Connection
from services.memory.decisions.batch import Recorded
from services.memory.decisions.state import MemoryState, WorkspaceState
from services.memory.store import log, memories, relationships, sessions


async def project(
    connection: Connection, state: WorkspaceState, generation: int, recorded: Sequence[Recorded], counted: set[str]
) -> None:
    """Brings one generation of the read model to `state`, which already is what `recorded` led to."""
    changed, used, deleted, related = set[str](), set(counted), list[str](), set[str]()
    for each in recorded:
        match each.event:
            case MemoryStored() | MemoryRevised() | MemoryRated() | MemoryRecalculated():
                changed.add(each.stream)
            case MemoryConsolidated() | MemoryFolded():
                changed.add(each.stream)
            case MemoryUsed() | MemoryImported():
                changed.add(each.stream)
                used.add(each.stream)
            case MemoryDeleted():
                deleted.append(each.stream)
            case RelationshipMade() | RelationshipDeleted():
                related.add(each.stream)
            case WorkspaceOpened():
                await log.add_head(connection, state.workspace_id)
                await memories.put_workspace(connection, state.workspace_id, each.event, each.time)
            case WorkspaceAssigned():
                await memories.put_owner(connection, state.workspace_id, each.event)
            case KeyIssued():
                await memories.put_key(connection, state.workspace_id, each.event)
            case _:  # of sessions and jobs see below; an erased event leaves nothing to project
                pass
    await memories.put(connection, state.workspace_id, generation, _alive(state, changed).values())
    usage = {memory_id: found.usage for memory_id, found in _alive(state, used).items()}
    await memories.put_usage(connection, state.workspace_id, generation, usage)
    if deleted:
        await memories.drop(connection, state.workspace_id, generation, deleted)
    if related:
        await project_relationships(connection, state, generation, related)
    await project_sessions(connection, state, generation, [(each.stream, each.event) for each in recorded])


async def project_relationships(
    connection: Connection, state: WorkspaceState, generation: int, relationship_ids: set[str]
) -> None:
    """Each as it is in the end: it may have been made, deleted and made again meanwhile."""
    alive = {each: found for each in sorted(relationship_ids) if (found := state.made(each)) is not None}
    await relationships.put(connection, state.workspace_id, generation, list(alive.values()))
    gone = sorted(relationship_ids - alive.keys())
    await relationships.drop(connection, state.workspace_id, generation, gone)


async def project_sessions(
    connection: Connection, state: WorkspaceState, generation: int, happened: Sequence[tuple[str, AnyEvent]]
) -> None:
    """Sessions and jobs as they are in the end, and the observations that were added."""
    changed, seen, jobs, observed = set[str](), set[str](), set[str](), list[ObservationsRecorded]()
    for stream, event in happened:
        match event:
            case SessionStarted() | SessionImported() | SessionEnded() | ExtractionRetried():
                changed.add(stream)
            case ObservationsRecorded():
                seen.add(stream)
                observed.append(event)
            case JobChanged():
                jobs.add(stream)
            case _:
                pass
    workspace_id = state.workspace_id
    await sessions.put(connection, workspace_id, generation, [state.sessions[each] for each in sorted(changed)])
    touched = [state.sessions[each] for each in sorted(seen - changed)]
    await sessions.touch(connection, workspace_id, generation, touched)
    await sessions.append(connection, workspace_id, generation, observed)
    await sessions.put_jobs(connection, workspace_id, generation, [state.jobs[each] for each in sorted(jobs)])


def _alive(state: WorkspaceState, memory_ids: set[str]) -> dict[str, MemoryState]:
    found = {memory_id: state.memories.get(memory_id) for memory_id in sorted(memory_ids)}
    return {memory_id: memory for memory_id, memory in found.items() if isinstance(memory, MemoryState)}
