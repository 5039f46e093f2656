"""The read model made anew from the log into a new generation beside the live one, which serves until the switch."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from contracts.events import (
    CloudEvent,
    DocumentDeleted,
    FindingsRecorded,
    JobChanged,
    MemoryConsolidated,
    MemoryDeleted,
    MemoryFolded,
    MemoryImported,
    MemoryRevised,
    MemoryStored,
    ObservationsRecorded,
    SessionStarted,
)
from services.kit.postgres import Connection, Database
from services.memory.decisions.batch import apply
from services.memory.decisions.document_state import DocumentState
from services.memory.decisions.state import MemoryState, RelationshipState, Usage, WorkspaceState
from services.memory.store import (
    documents,
    endings,
    generations,
    log,
    memories,
    passages,
    relationships,
    sessions,
    tenancy,
    webhooks,
)

CHUNK_MAX = 1_000

Chunk = Callable[[Connection, Sequence[CloudEvent]], Awaitable[None]]
"""What is done with each part of the log while it is at hand."""


@dataclass(slots=True)
class Replayed:
    """What the log says of a workspace: its state, how many events there were, when each memory last changed, and how
    many facts and entities were found in each document (in all its versions)."""

    state: WorkspaceState
    events: int = 0
    changed_at: dict[str, int] = field(default_factory=dict)
    found: Counter[str] = field(default_factory=Counter)

    def hear(self, event: CloudEvent) -> None:
        """One more event; the pure fold of the write path does the work."""
        apply(self.state, event.subject, event.data, event.version, event.time)
        self.state.seq = event.seq
        self.events += 1
        match event.data:
            case MemoryStored() | MemoryImported() | MemoryRevised() | MemoryDeleted():
                self.changed_at[event.subject] = event.version
            case MemoryConsolidated() | MemoryFolded():
                self.changed_at[event.subject] = event.version
            case FindingsRecorded(facts=facts, entities=entities):
                self.found[event.subject] += len(facts) + len(entities)
            case DocumentDeleted():
                self.found.pop(event.subject, None)
            case _:
                pass

    def alive(self) -> dict[str, MemoryState]:
        return {memory_id: found for memory_id, found in self.state.memories.items() if isinstance(found, MemoryState)}

    def documents(self) -> dict[str, DocumentState]:
        found = self.state.documents.items()
        return {document_id: each for document_id, each in found if isinstance(each, DocumentState)}

    def related(self) -> dict[str, RelationshipState]:
        found = self.state.relationships.items()
        return {relationship_id: each for relationship_id, each in found if isinstance(each, RelationshipState)}


async def replay(database: Database, workspace_id: str, with_each: Chunk) -> Replayed:
    """Reads the whole log, a chunk a transaction, without holding anybody up."""
    replayed = Replayed(WorkspaceState(workspace_id, None))
    while True:
        async with database.transaction(workspace_id) as connection:
            events = await log.read(connection, workspace_id, replayed.state.seq, CHUNK_MAX)
            await with_each(connection, events)
        for event in events:
            replayed.hear(event)
        if not events:
            return replayed


def observed(events: Sequence[CloudEvent]) -> list[ObservationsRecorded]:
    return [event.data for event in events if isinstance(event.data, ObservationsRecorded)]


async def rebuild(database: Database, workspace_id: str) -> int:
    """Replays the log into a new generation, catches up under the lock, switches. Returns how many memories there are.

    Reads keep being answered from the old generation; writes wait only for the last few events. Raises LookupError
    where there is no such workspace, also where it is deleted meanwhile: nothing is written about it then.
    """
    async with _existing(database, workspace_id) as connection:
        generation = await generations.prepare(connection, workspace_id)

    async def append(connection: Connection, events: Sequence[CloudEvent]) -> None:
        if not await endings.hold(connection, workspace_id):
            raise LookupError(workspace_id)
        await _append(connection, workspace_id, generation, events)

    replayed = await replay(database, workspace_id, append)
    await _fill(database, workspace_id, generation, replayed)
    async with _existing(database, workspace_id) as connection:
        await log.lock(connection, workspace_id)
        await _catch_up(connection, workspace_id, generation, replayed)
        await generations.switch(connection, workspace_id, generation, replayed.state.memory_count)
    async with database.transaction(workspace_id) as connection:
        await generations.drop_others(connection, workspace_id, generation)
    return replayed.state.memory_count


@asynccontextmanager
async def _existing(database: Database, workspace_id: str) -> AsyncIterator[Connection]:
    """A transaction during which the workspace stays. Raises LookupError where it is gone."""
    async with database.transaction(workspace_id) as connection:
        if not await endings.hold(connection, workspace_id):
            raise LookupError(workspace_id)
        yield connection


async def _append(connection: Connection, workspace_id: str, generation: int, events: Sequence[CloudEvent]) -> None:
    """What is too much to be held in memory: observations, and what was made of documents."""
    await sessions.append(connection, workspace_id, generation, observed(events))
    await passages.append(connection, workspace_id, generation, ((event.data, event.time) for event in events))


async def _fill(database: Database, workspace_id: str, generation: int, replayed: Replayed) -> None:
    states = list(replayed.alive().values())
    for start in range(0, len(states), CHUNK_MAX):
        async with _existing(database, workspace_id) as connection:
            await _put(connection, workspace_id, generation, states[start : start + CHUNK_MAX])
    related = list(replayed.related().values())
    for start in range(0, len(related), CHUNK_MAX):
        async with _existing(database, workspace_id) as connection:
            await relationships.put(connection, workspace_id, generation, related[start : start + CHUNK_MAX])
    held, jobs = list(replayed.state.sessions.values()), list(replayed.state.jobs.values())
    for start in range(0, len(held), CHUNK_MAX):
        async with _existing(database, workspace_id) as connection:
            await sessions.put(connection, workspace_id, generation, held[start : start + CHUNK_MAX])
    for start in range(0, len(jobs), CHUNK_MAX):
        async with _existing(database, workspace_id) as connection:
            await sessions.put_jobs(connection, workspace_id, generation, jobs[start : start + CHUNK_MAX])
    kept = list(replayed.documents().values())
    for start in range(0, len(kept), CHUNK_MAX):
        async with _existing(database, workspace_id) as connection:
            await documents.put(connection, workspace_id, generation, kept[start : start + CHUNK_MAX])
    async with _existing(database, workspace_id) as connection:
        await passages.prune(connection, workspace_id, generation, sorted(replayed.state.documents))


async def _catch_up(connection: Connection, workspace_id: str, generation: int, replayed: Replayed) -> None:
    """What was written since the replay began: few events, under the lock, so that nothing comes after them."""
    touched, held, jobs, kept = set[str](), set[str](), set[str](), set[str]()
    of_entity = {SessionStarted.entity: held, JobChanged.entity: jobs, DocumentDeleted.entity: kept}
    while events := await log.read(connection, workspace_id, replayed.state.seq, CHUNK_MAX):
        for event in events:
            replayed.hear(event)
            of_entity.get(event.data.entity, touched).add(event.subject)
        await _append(connection, workspace_id, generation, events)
    await sessions.put(connection, workspace_id, generation, [replayed.state.sessions[it] for it in sorted(held)])
    await sessions.put_jobs(connection, workspace_id, generation, [replayed.state.jobs[it] for it in sorted(jobs)])
    alive = replayed.alive()
    await _put(connection, workspace_id, generation, [alive[each] for each in sorted(touched & alive.keys())])
    await memories.drop(connection, workspace_id, generation, sorted(touched - alive.keys()))
    await _catch_up_relationships(connection, workspace_id, generation, replayed, touched)
    await _catch_up_documents(connection, workspace_id, generation, replayed, kept)
    await generations.carry_unlogged_usage(connection, workspace_id, generation)
    await _put_tenancy(connection, replayed.state)


async def _put_tenancy(connection: Connection, state: WorkspaceState) -> None:
    """Of these there is one copy, so they are written in its place; and KEYS is told of every key there ever was."""
    before = await tenancy.get(connection, state.workspace_id)
    known = state.tenancy
    assert known.workspace is not None
    ids = {each.public_id for kept in (before, known) for each in kept.keys.values()}
    retired = {public_id for each in known.keys.values() for public_id in each.retired}
    await tenancy.drop_others(connection, state.workspace_id, known)
    await tenancy.put_facts(connection, state.workspace_id, known.workspace)
    await tenancy.put_namespaces(connection, state.workspace_id, list(known.namespaces.values()))
    await tenancy.put_keys(connection, state.workspace_id, list(known.keys.values()))
    await tenancy.mark_due(connection, state.workspace_id, state.seq, ids | retired)
    there = await webhooks.get(connection, state.workspace_id)
    await webhooks.drop(connection, state.workspace_id, sorted(there.keys() - known.webhooks.keys()))
    await webhooks.put(connection, state.workspace_id, list(known.webhooks.values()), state.seq)


async def _catch_up_relationships(
    connection: Connection, workspace_id: str, generation: int, replayed: Replayed, touched: set[str]
) -> None:
    alive = replayed.related()
    put = [alive[each] for each in sorted(touched & alive.keys())]
    await relationships.put(connection, workspace_id, generation, put)
    gone = sorted((touched & replayed.state.relationships.keys()) - alive.keys())
    await relationships.drop(connection, workspace_id, generation, gone)


async def _catch_up_documents(
    connection: Connection, workspace_id: str, generation: int, replayed: Replayed, touched: set[str]
) -> None:
    alive = replayed.documents()
    put = [alive[each] for each in sorted(touched & alive.keys())]
    await documents.put(connection, workspace_id, generation, put)
    await documents.drop(connection, workspace_id, generation, sorted(touched - alive.keys()))
    await passages.prune(connection, workspace_id, generation, sorted(touched))


async def _put(connection: Connection, workspace_id: str, generation: int, states: list[MemoryState]) -> None:
    await memories.put(connection, workspace_id, generation, states)
    used = {state.memory_id: state.usage for state in states if state.usage != Usage()}
    await memories.put_usage(connection, workspace_id, generation, used)
